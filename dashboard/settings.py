"""All settings. What differs between machines comes from the environment, read strictly.

`docs/operations.md` says what each variable does; `.env.example` lists them.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.messages import constants as message_levels

from dashboard.databases.options import database_settings
from dashboard.env import addresses, file, hosts, paths, servers, values
from dashboard.web import logs

BASE_DIR = Path(__file__).resolve().parent.parent
file.read_file(BASE_DIR / ".env")

# From the environment

SECRET_KEY = values.secret("SECRET_KEY", shortest=32)
DEBUG = values.flag("DEBUG", default=False)
ALLOWED_HOSTS = hosts.hosts("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = hosts.origins("CSRF_TRUSTED_ORIGINS")
PLAIN_HTTP = values.flag("PLAIN_HTTP", default=False)
TRUSTED_PROXY_HOPS = values.whole("TRUSTED_PROXY_HOPS", 0, lowest=0, highest=10)
BIND = hosts.bind_address("BIND", "127.0.0.1")
PORT = values.whole("PORT", 8000, lowest=1, highest=65535)
WEB_THREADS = values.whole("WEB_THREADS", 16, lowest=4, highest=128)
READERS = values.readers("READERS", threads=WEB_THREADS)
DATA_DIR = paths.directory("DATA_DIR", BASE_DIR / ".serve")
REDIS_URL = servers.redis_url("REDIS_URL")
WEB_CONCURRENCY = values.processes("WEB_CONCURRENCY", share_memory=bool(REDIS_URL))
METRICS_TOKEN = values.secret("METRICS_TOKEN", shortest=16, default="")
SESSION_HOURS = values.number("SESSION_HOURS", 10, lowest=0.01, highest=24)

REFONTE_API_URL = addresses.vendor_url("REFONTE_API_URL", "https://api.refonte.com/v1")
REFONTE_TIMEOUT = values.number("REFONTE_TIMEOUT", 10, lowest=0.5, highest=120)
REFONTE_CA_BUNDLE = paths.certificates("REFONTE_CA_BUNDLE")
BACKGROUND_CALLS_A_MINUTE = values.whole("BACKGROUND_CALLS_A_MINUTE", 60, lowest=6, highest=6_000)
OBSERVATION_DAYS = values.whole("OBSERVATION_DAYS", 400, lowest=31, highest=4_000)
STAGING_HOURS = values.whole("STAGING_HOURS", 24, lowest=1, highest=10_000)
REFONTE_PROXY = addresses.proxy("REFONTE_PROXY")
API_KEY_ENCRYPTION_KEYS = values.fernet_keys("API_KEY_ENCRYPTION_KEYS")
RECORD_KEY = values.secrets("RECORD_KEY", shortest=32)
CALLBACK_HOSTS = hosts.callback_hosts("CALLBACK_HOSTS")
CALLBACK_BASE_URL = addresses.base("CALLBACK_BASE_URL", plain_http=PLAIN_HTTP)
CONSOLE_URL = addresses.base("CONSOLE_URL", plain_http=PLAIN_HTTP)
NOTIFY_ALLOW = hosts.notify_allow("NOTIFY_ALLOW")

# Apps, middleware, templates

INSTALLED_APPS = [
    "batches",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "huey.contrib.djhuey",
    "csp",
    "axes",
]

# Headers come first, around whitenoise and all that may fail, so that every answer has them.
MIDDLEWARE = [
    "dashboard.web.middleware.RequestLogMiddleware",
    "dashboard.web.middleware.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "dashboard.web.middleware.ClientAddressMiddleware",
    "dashboard.web.middleware.HeadMiddleware",
    "dashboard.web.middleware.ApiErrorsMiddleware",
    "dashboard.web.middleware.MethodsMiddleware",
    "dashboard.web.middleware.CharsetMiddleware",
    "dashboard.web.middleware.BodySizeMiddleware",
    "dashboard.web.health.MachinesMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dashboard.web.sessions.SessionHoursMiddleware",
    "dashboard.web.middleware.ZoneMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dashboard.web.sessions.SignedInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",
    "batches.views.errors.NotAllowedMiddleware",
]

ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "batches.views.frame.frame",
            ],
            # What nearly every template uses; the others are loaded where they are.
            "builtins": [
                f"batches.templatetags.{name}"
                for name in ("addresses", "icons", "keys", "names", "statuses", "times")
            ],
        },
    },
]

# Database, caches, queue

DATABASES = {
    "default": database_settings(
        servers.database("DATABASE_URL", f"sqlite:///{DATA_DIR / 'console.sqlite3'}"), BASE_DIR
    )
}
MEMORY = {
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    "OPTIONS": {"MAX_ENTRIES": 5_000},
}
REDIS = {
    "BACKEND": "django.core.cache.backends.redis.RedisCache",
    "LOCATION": REDIS_URL,
    "OPTIONS": servers.REDIS_OPTIONS,
}
REDIS_OPTIONS = servers.REDIS_OPTIONS
# Sessions are cached in memory where one process serves. Several processes read them from the
# database alone: a session that ends there ends everywhere at once, whether Redis answers or not.
SESSIONS = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"} if REDIS_URL else MEMORY
CACHES = {"default": REDIS if REDIS_URL else MEMORY, "process": MEMORY, "sessions": SESSIONS}
HUEY: dict[str, Any] = {
    "name": "console",
    "immediate": False,
    "results": False,  # outcomes live in the database
    "consumer": {"workers": 4, "worker_type": "thread"},
} | (
    {
        "huey_class": "huey.RedisHuey",
        "connection": {"connection_pool": servers.queue_pool(REDIS_URL)},
    }
    if REDIS_URL
    else {"huey_class": "huey.SqliteHuey", "filename": str(DATA_DIR / "tasks.sqlite3")}
)

# Signing in

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "batches.backends.AccountBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        # checks the length, and ends the locks of the account
        "NAME": "batches.services.people.locks.NewPasswordUnlocks",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_HANDLER = "dashboard.web.lockouts.FailedSignIns"
AXES_USERNAME_CALLABLE = "dashboard.web.lockouts.digest_of_username"
AXES_CLIENT_IP_CALLABLE = "dashboard.web.lockouts.network_of_client"
# Further guesses during a lock write nothing and do not make it longer.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_CALLABLE = "batches.views.accounts.locked_out"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True  # the log has these lines; the table would only grow
# Masked in its log lines; it masks `password` by itself.
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address"]

SESSION_ENGINE = "dashboard.web.session_store"
SESSION_CACHE_ALIAS = "sessions"
SESSION_TOTAL_HOURS = 24
SESSION_COOKIE_AGE = SESSION_TOTAL_HOURS * 3600
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
MESSAGE_TAGS = {message_levels.ERROR: "error"}

# Cookies and headers

SESSION_COOKIE_NAME = "sessionid" if PLAIN_HTTP else "__Host-sessionid"
CSRF_COOKIE_NAME = "csrftoken" if PLAIN_HTTP else "__Host-csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not PLAIN_HTTP
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "batches.views.csrf_failure.form_expired"
CSRF_COOKIE_HTTPONLY = (
    False  # htmx reads the token from the cookie, which a sign-in in another tab renews
)
SECURE_HSTS_SECONDS = 0 if PLAIN_HTTP else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
if TRUSTED_PROXY_HOPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "object-src": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # HSTS for all hosts of the company is not for this product to decide
    "security.W008",  # the proxy redirects; behind one that hides https it would loop here
    "security.W021",  # the same for the preload list of browsers
]

DEFAULT_EXCEPTION_REPORTER_FILTER = "dashboard.web.error_reports.SecretsFilter"

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000

# Static files

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "dashboard.web.static.StylesheetFinder",
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "dashboard.web.static.ManifestStorage"
    },
}

# Languages, times, mail, logs

LANGUAGE_CODE = "en-gb"
USE_I18N = False
FORMAT_MODULE_PATH = "dashboard.web.formats"  # for the admin: all else says its format itself
USE_TZ = True
TIME_ZONE = values.zone("TIME_ZONE", "UTC")
vars().update(servers.email("EMAIL_URL", "dummymail://"))
EMAIL_TIMEOUT = 20  # seconds; without it the worker would wait for ever
DEFAULT_FROM_EMAIL = servers.sender("MAIL_FROM", "refonte-console@localhost")

LOGGING = logs.config(debug=DEBUG)

file.refuse_unknown()
