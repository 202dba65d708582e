"""In a process of its own: fills a database, then times its pages, a round for each line it reads.

Arguments: the number of batches, that of operations. Django's own client asks, so that what is
timed is the product and its database and no server around them.
"""

import json
import logging
import sys
import time
from collections.abc import Callable

import django

TIMES = 3
Page = Callable[[], object]


def main(batches: int, operations: int) -> None:
    django.setup()
    logging.disable()
    from tests.bench import crowd

    crowd.fill(crowd.Size(batches, operations))
    pages = made_pages()
    for _ in range(2):  # compiled templates, drawn rows, first readings
        for page in pages.values():
            page()
    for _ in sys.stdin:
        taken = {name: timed(page) for name, page in pages.items()}
        sys.stdout.write(f"{json.dumps(taken)}\n")
        sys.stdout.flush()


def made_pages() -> dict[str, Page]:
    """Every page that may grow, by its name, as those whom it costs most see it."""
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client

    from batches.models import ApiKey, Operation
    from dashboard.web.metrics import counted_operations
    from tests.bench import crowd

    clients: dict[str, Client] = {}
    for user in User.objects.all():
        clients[user.username] = Client(HTTP_HOST="127.0.0.1")
        clients[user.username].force_login(user)
    key = ApiKey.objects.get(owner__username="olga", mode="live").ref
    oldest = Operation.objects.order_by("created_at")[60].id
    token = {"Authorization": f"Bearer {settings.METRICS_TOKEN}"}

    def ask(name: str, path: str, headers: dict[str, str] | None = None) -> Page:
        def page() -> object:
            answer = clients[name].get(path, headers=headers)
            assert answer.status_code == 200, (path, answer.status_code)
            return answer.content

        return page

    found = {
        "batches": ask("olga", f"/batches/?key={key}"),
        "page of a batch": ask("olga", f"/batches/{crowd.BATCH}/?key={key}"),
        "its poll": ask("olga", f"/batches/{crowd.BATCH}/live/?key={key}"),
        "keys": ask("olga", f"/keys/?key={key}"),
        "create form": ask("olga", f"/batches/new/?key={key}"),
        "metrics": ask("olga", "/metrics", token),
        "search of batches": ask("olga", f"/batches/?key={key}&q=no-such-name"),
        "search of batches, many found": ask("olga", f"/batches/?key={key}&q=batch-of"),
        "search of operations": ask("olga", "/operations/?q=no-such-name"),
        "search of operations, admin": ask("admin", "/operations/?q=no-such-name"),
    }
    for name in ("olga", "vera", "nora", "admin"):
        found[f"operations, {name}"] = ask(name, "/operations/")
    for name in ("vera", "admin"):
        for query in (
            "state=unconfirmed",
            "verb=finalize",
            "person=vera",
            f"batch={crowd.BATCH}",
            f"before={oldest}",
            f"sent_with={key}",
        ):
            words = query.partition("=")[0]
            found[f"operations by {words}, {name}"] = ask(name, f"/operations/?{query}")
    counted_operations.forget()
    return found


def timed(page: Page) -> tuple[float, float]:
    """The least milliseconds of this process's CPU, and of wall clock, of a few times."""
    took = []
    for _ in range(TIMES):
        cpu, wall = time.process_time(), time.perf_counter()
        page()
        took.append((time.process_time() - cpu, time.perf_counter() - wall))
    return min(one for one, _ in took) * 1000, min(one for _, one in took) * 1000


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
