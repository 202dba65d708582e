"""As the product is served, without what needs its models."""

from typing import Any

from dashboard.run.gunicorn_conf import *  # noqa: F403  # gunicorn reads every name of its file
from dashboard.run.gunicorn_conf import collect_less


def post_worker_init(worker: Any) -> None:  # type: ignore[no-redef]  # in place of the product's
    collect_less()
