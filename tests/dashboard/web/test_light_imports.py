"""What a web process imports: numpy and apprise are for the worker."""

import subprocess
import sys

# All that urls, middleware and gunicorn reach, and every module of views, forms and tags besides.
PROGRAM = """
import os, pkgutil, sys
from importlib import import_module
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
for name in ("dashboard.wsgi", "dashboard.urls", "dashboard.run.gunicorn_conf"):
    import_module(name)
rooms = "urls", "api", "views", "forms", "templatetags"
rooms = [*(f"batches.{room}" for room in rooms), "dashboard.web"]
for room in rooms:
    for module in pkgutil.walk_packages(import_module(room).__path__, f"{room}."):
        import_module(module.name)
print("batches.views" in sys.modules, "numpy" in sys.modules, "apprise" in sys.modules)
"""


def test_no_web_process_imports_numpy_or_apprise() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.split() == ["True", "False", "False"], done.stderr
