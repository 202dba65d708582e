"""The product's settings, in an environment that only the tests know.

Neither `.env` nor what the shell holds may change a test. The browser tests use what ships
(hashed static files); all others need no `collectstatic`.
"""

import os
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet

# Any test runs on PostgreSQL with `TEST_DATABASE_URL`, over Redis with `TEST_REDIS_URL` (which ends
# before the number of a database: each worker has its own from 1 to 8); the gate does both.
OTHER_DATABASE = os.environ.get("TEST_DATABASE_URL", "")
REDIS_SERVER = os.environ.get("TEST_REDIS_URL", "")
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))

for name in ("REFONTE_API_URL", "REFONTE_PROXY", "REFONTE_CA_BUNDLE"):
    os.environ.pop(name, None)
os.environ |= {
    "ENV_FILE": "",
    "DATABASE_URL": OTHER_DATABASE,
    "REDIS_URL": f"{REDIS_SERVER}/{1 + WORKER % 8}" if REDIS_SERVER else "",
    "SECRET_KEY": "only-for-tests-" * 5,
    "API_KEY_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "RECORD_KEY": "only-for-tests-" * 3,
    "DATA_DIR": tempfile.mkdtemp(prefix="console-tests-"),
    "DEBUG": "False",
    "PLAIN_HTTP": "True",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "CSRF_TRUSTED_ORIGINS": "",
    "TRUSTED_PROXY_HOPS": "0",
    "METRICS_TOKEN": "",
    "CALLBACK_HOSTS": "",
    "CALLBACK_BASE_URL": "",
    "SESSION_HOURS": "10",
    "REFONTE_TIMEOUT": "10",
    "BACKGROUND_CALLS_A_MINUTE": "60",
    "OBSERVATION_DAYS": "400",
    "STAGING_HOURS": "24",
    "TIME_ZONE": "UTC",
    "EMAIL_URL": "memorymail://",
    "BIND": "127.0.0.1",
    "PORT": "8000",
    "WEB_CONCURRENCY": "1",
    "WEB_THREADS": "16",
    "READERS": "8",
}

from dashboard.settings import *  # noqa: E402, F403  # the environment comes first
from dashboard.settings import DATA_DIR, DATABASES, HUEY, STORAGES  # noqa: E402  # as above

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
STATIC_ROOT = Path(DATA_DIR) / "static"
STATIC_ROOT.mkdir(exist_ok=True)
HUEY["immediate"] = True

DATABASES["default"]["CONN_MAX_AGE"] = 0
if OTHER_DATABASE:
    # nothing is worth waiting for the disk
    DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c synchronous_commit=off"
else:
    # A file, as threads share it; nothing is worth an fsync.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(DATA_DIR) / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF"
    )
