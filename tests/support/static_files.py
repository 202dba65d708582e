"""Static files as they ship, collected once a run: a process finds them in its directory."""

import fcntl
import shutil
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings

SHIPPING = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "tests.support.hashed_storage.HashedStorage"},
}


def shipped(folder: Path) -> override_settings:
    return override_settings(STORAGES=SHIPPING, STATIC_ROOT=folder)


@pytest.fixture(scope="session")
def static_root(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """One folder for all processes of a run, filled by the first. Without the admin's files."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "static"
    folder.mkdir(exist_ok=True)
    with (folder / ".lock").open("w") as lock, shipped(folder):
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "staticfiles.json").exists():
            call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["admin"])
    return folder


def give_static_files(static_root: Path, data_dir: Path) -> None:
    """As if `collectstatic` had run in this DATA_DIR, and the demo knew that it had."""
    # Django has to be set up before these are imported
    from dashboard.web.static import assemble, digest_of_sources

    shutil.copytree(static_root, data_dir / "static")
    shutil.copytree(assemble(), data_dir / "assembled")
    (data_dir / "static.digest").write_text(digest_of_sources(), "utf-8")
