"""Django's defaults; database and sessions are opened as the product opens them."""

import os
from pathlib import Path

from dashboard.databases.options import database_settings

BASE_DIR = Path(__file__).resolve().parents[3]
DATA_DIR = Path(os.environ["DATA_DIR"])
SECRET_KEY = os.environ["SECRET_KEY"]
ALLOWED_HOSTS = ["127.0.0.1"]
# What the product's own configuration of gunicorn asks for.
PORT = int(os.environ["PORT"])
BIND = "127.0.0.1"
WEB_THREADS = 16
REDIS_URL = ""
WEB_CONCURRENCY = 1
REFONTE_TIMEOUT = 10

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "tests.bench.plain",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "tests.bench.plain.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
DATABASES = {
    "default": database_settings(
        {"ENGINE": "django.db.backends.sqlite3", "NAME": "plain.sqlite3"}, DATA_DIR
    )
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
LOGIN_URL = "/admin/login/"
STATIC_URL = "/static/"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
