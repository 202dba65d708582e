"""In a process of its own: fills a database with samples and estimates, then times its pages.

Arguments: the number of samples, that of batches. A round for each line it reads. The vendor's time
is not in it: before a page is timed, its readings are fresh.
"""

import logging
import re
import sys
import time
from collections.abc import Callable
from urllib.parse import urlencode

import django

from tests.bench.recording import analyze, fill, say

NAME, PROJECT = "seeded_batch_{:06}", "seeded_project_05"
TIMES = 15
# Pages by name: milliseconds aimed at, at the median.
MOST = {
    "chart of a batch, all": 30.0,
    "chart of a batch, 24 h": 30.0,
    "chart of a batch, what is new": 30.0,
    "page of a batch": 40.0,
    "list of 50": 60.0,
    "overview": 60.0,
    "poll of the overview": 60.0,
    "page of a project": 60.0,
    "page of a project, all": 60.0,
}
POLL = {"X-Poll": "1", "HX-Request": "true"}
Page = Callable[[], object]


def main(samples: int, batches: int) -> None:
    django.setup()
    logging.disable()
    from django.utils import timezone

    from batches.models import ApiKey, Estimate, SeenBatch
    from batches.services.estimates.compute import estimate_due

    key = ApiKey.objects.get(owner__username="olga", mode="live")
    # the demo's own batches have a few samples too
    now = timezone.now()
    fill(key.fingerprint, samples, batches, days=60, now=now)
    analyze()
    estimate_due(now=now)
    seeded = SeenBatch.objects.filter(fingerprint=key.fingerprint, name__startswith="seeded")
    assert Estimate.objects.filter(batch__in=seeded).count() == batches
    keep_watched(key.fingerprint)
    pages = made_pages(key.ref, int(now.timestamp()))
    for page in pages.values():
        page()
    for _ in sys.stdin:
        keep_watched(key.fingerprint)  # for three minutes, longer than a round takes
        say({name: timed(page) for name, page in pages.items()})


def keep_watched(fingerprint: str) -> None:
    """As if the worker had just read the key: then the overview makes no call."""
    from django.utils import timezone

    from batches.models import Watch

    read = {"read_at": timezone.now(), "reason": ""}
    Watch.objects.update_or_create(fingerprint=fingerprint, defaults=read)


def made_pages(key: str, now: int) -> dict[str, Page]:
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(User.objects.get(username="olga"))

    def ask(path: str, **headers: str) -> Page:
        def page() -> object:
            answer = client.get(path, headers=headers)
            assert answer.status_code in (200, 204), (path, answer.status_code)
            return answer.content

        return page

    batch, project = f"/batches/{NAME.format(7)}/", f"/projects/{PROJECT}/?key={key}"
    page = client.get(f"/?key={key}").content.decode()
    stamps = re.search(r'name="stamps" value="([^"]*)"', page)
    poll = urlencode({"key": key, "stamps": stamps[1] if stamps else ""})
    found = (
        ask(f"{batch}chart/?key={key}"),
        ask(f"{batch}chart/?key={key}&window=24h"),
        ask(f"{batch}chart/?key={key}&since={now - 600}"),
        ask(f"{batch}?key={key}"),
        ask(f"/batches/?key={key}"),
        ask(f"/?key={key}"),
        ask(f"/live/?{poll}", **POLL),
        ask(project),
        ask(f"{project}&window=all"),
    )
    return dict(zip(MOST, found, strict=True))


def timed(page: Page) -> tuple[float, float]:
    """The median milliseconds of this process's CPU, and of wall clock."""
    took = []
    for _ in range(TIMES):
        cpu, wall = time.process_time(), time.perf_counter()
        page()
        took.append((time.process_time() - cpu, time.perf_counter() - wall))
    cpus, walls = (sorted(column) for column in zip(*took, strict=True))
    return cpus[TIMES // 2] * 1000, walls[TIMES // 2] * 1000


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
