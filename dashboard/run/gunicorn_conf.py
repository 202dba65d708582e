"""How gunicorn serves: `gunicorn -c python:dashboard.run.gunicorn_conf dashboard.wsgi`."""

import gc
import os
import subprocess
import sys
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from dashboard.databases.postgresql import limits
from dashboard.env.hosts import in_address
from dashboard.web import logs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
NEEDS_REDIS = "Without REDIS_URL only one process can serve: processes share no memory."

try:
    bind = f"{in_address(settings.BIND)}:{settings.PORT}"
except ImproperlyConfigured as error:
    sys.exit(f"Not started. {error}")

worker_class = "dashboard.run.worker.Worker"
# more than one needs Redis: the cache that coalesces vendor calls is else memory of one process
workers = settings.WEB_CONCURRENCY
# they mostly wait for the vendor
threads = settings.WEB_THREADS
timeout = 30  # for a process that hangs; a request has its own deadline
graceful_timeout = int(settings.REFONTE_TIMEOUT) + 5
keepalive = 20
limit_request_line = 8190  # gunicorn's most: a filter that is too long gets the form's message
control_socket_disable = True
# Django alone decides which proxies to trust about https and addresses (`TRUSTED_PROXY_HOPS`).
forwarded_allow_ips = "127.0.0.1"
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
accesslog = None  # `RequestLogMiddleware` logs more: the view, the person, the request's id
logconfig_dict = logs.config(debug=False)


def on_starting(server: Any) -> None:
    # `WEB_CONCURRENCY` was checked when it was read, `--workers` was not
    if server.cfg.workers > 1 and not settings.REDIS_URL:
        sys.exit(f"Not started. {NEEDS_REDIS}")
    logs.log_uncaught()
    os.umask(0o077)  # SQLite's files are readable by this account only
    check_database()


def post_worker_init(worker: Any) -> None:
    # these need Django, which the master does not load
    from batches.services.background import budget
    from batches.services.callbacks import arrivals

    limits.limit_statements(limits.WEB_SECONDS)
    budget.start_flushing()
    arrivals.start_handling()
    collect_less()


def worker_exit(server: Any, worker: Any) -> None:
    from batches.services.callbacks import arrivals  # as above

    arrivals.stop_handling()


def collect_less() -> None:
    """Leave what is loaded out of garbage collection."""
    # else collection takes a tenth of the time
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def check_database() -> None:
    """Exits where an encryption key is missing that rows are sealed with."""
    # in a process of its own: a reload would not read again what the master has imported
    command = (sys.executable, str(settings.BASE_DIR / "manage.py"), "check", "--database=default")
    done = subprocess.run(  # noqa: S603 - our own command  # nosec B603
        command, stdout=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        sys.exit("Not started. The reason is above.")


def nworkers_changed(server: Any, new_value: int, old_value: int | None) -> None:
    """The same check for a TTIN signal to the running server."""
    if old_value is not None and new_value > 1 and not settings.REDIS_URL:
        server.log.warning(NEEDS_REDIS)
        server.num_workers = 1
