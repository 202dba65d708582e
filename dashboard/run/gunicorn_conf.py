"""How gunicorn serves: `gunicorn -c python:dashboard.run.gunicorn_conf dashboard.wsgi`.

One process of `WEB_THREADS` threads, as the work is waiting for the vendor. More processes only
with Redis: coalescing, the breaker and the "not before" of a key live in memory that processes do
not share.
"""

import gc
import os
import subprocess
import sys
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from dashboard.env.hosts import in_address
from dashboard.postgresql import limits
from dashboard.web import logs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
ALONE = "Without REDIS_URL only one process can serve: memory is not shared between processes."

try:
    bind = f"{in_address(settings.BIND)}:{settings.PORT}"
except ImproperlyConfigured as error:
    sys.exit(f"Not started. {error}")

worker_class = "dashboard.run.worker.Worker"
workers = settings.WEB_CONCURRENCY
threads = settings.WEB_THREADS
timeout = 30  # for a process that hangs; a request has its own deadline
graceful_timeout = int(settings.REFONTE_TIMEOUT) + 5
keepalive = 20
limit_request_line = (
    8190  # the most there may be: what is too long for a filter is told by its form
)
control_socket_disable = True
# Django alone decides whom to believe about https and addresses (`TRUSTED_PROXY_HOPS`).
forwarded_allow_ips = "127.0.0.1"
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
accesslog = None  # our own lines carry the view, the person and the request's id
logconfig_dict = logs.config(debug=False)


def on_starting(server: Any) -> None:
    """gunicorn knows by now what `--workers` asks for; `WEB_CONCURRENCY` was judged when read."""
    if server.cfg.workers > 1 and not settings.REDIS_URL:
        sys.exit(f"Not started. {ALONE}")
    logs.log_uncaught()
    os.umask(0o077)  # its processes inherit it: SQLite's files are its own account's alone
    check_database()


def post_worker_init(worker: Any) -> None:
    """Answer within limits, and add people's calls to the budget of the background from here on."""
    from batches.services.background import budget  # needs Django, which the master does not load

    limits.serve_within(limits.WEB_SECONDS)
    budget.start_flushing()
    collect_less()


def collect_less() -> None:
    """What is loaded by now stays: collections that pass over it, and come less often, take a tenth
    off every answer.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def check_database() -> None:
    """Refuses a start that the data does not allow: without a key that rows are sealed with.

    In a process of its own: what the master had imported, a reload would not read again.
    """
    command = (sys.executable, str(settings.BASE_DIR / "manage.py"), "check", "--database=default")
    done = subprocess.run(  # noqa: S603 - our own command  # nosec B603
        command, stdout=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        sys.exit("Not started. The reason is above.")


def nworkers_changed(server: Any, new_value: int, old_value: int | None) -> None:
    """The same for a TTIN signal to the running server."""
    if old_value is not None and new_value > 1 and not settings.REDIS_URL:
        server.log.warning(ALONE)
        server.num_workers = 1
