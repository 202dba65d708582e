"""Takes the pictures of docs/guide.md from a demo of its own: `make pictures`."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from dashboard.run import demo
from tests.support.requirements import CHROMIUM_ARGUMENTS, chromium

PICTURES = Path(__file__).resolve().parents[1] / "docs/pictures"
START = "import pathlib, sys; from dashboard.run import demo; demo.main(pathlib.Path(sys.argv[1]))"
ESTIMATED = 60  # seconds until estimates and alarms of a first start stand
PAGES = {
    "overview": "/",
    "wall": "/batches/?density=wall&status=in_progress&limit=100",
    "batch": "/batches/drone_fields_ghent_night/",
    "project": "/projects/lidar_streets/",
}


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running_demo(Path(folder) / ".demo") as url:
        passwords = json.loads((Path(folder) / ".demo/secrets.json").read_text())["passwords"]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium(), args=CHROMIUM_ARGUMENTS
            )
            page = browser.new_page(viewport={"width": 1366, "height": 900})
            sign_in(page, url, passwords["olga"])
            time.sleep(ESTIMATED)
            for name, path in PAGES.items():
                page.goto(url + path)
                page.wait_for_load_state("networkidle")
                page.screenshot(path=PICTURES / f"{name}.png")
            browser.close()


@contextmanager
def running_demo(home: Path) -> Iterator[str]:
    port = demo.free_port()
    environment = os.environ | {"PORT": str(port)}
    with subprocess.Popen((sys.executable, "-c", START, str(home)), env=environment) as child:
        try:
            while not demo.is_ready(port):
                time.sleep(1)
            yield f"http://127.0.0.1:{port}"
        finally:
            child.terminate()


def sign_in(page: Page, url: str, password: str) -> None:
    page.goto(f"{url}/accounts/login/")
    page.locator("[name=username]").fill("olga")
    page.locator("[name=password]").fill(password)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(f"{url}/?*")


if __name__ == "__main__":
    main()
