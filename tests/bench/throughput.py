"""Answers a second: the product's and plain Django's, one right after the other in each round."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

from tests.bench.process import cpu_seconds
from tests.bench.sites import Site
from tests.bench.table import Figure, milliseconds
from tests.bench.wire import Ask, answers_in, one_by_one

ROUNDS = 5
SECONDS = 0.8
# A list's poll asks once more for what was read since the list.
BATCH_POLL_OF_BARE, LIST_POLL_OF_BARE = 0.50, 0.40
LIST_OF_ADMIN = 4.0


@dataclass(slots=True)
class Contender:
    """One request, sent as fast as it is answered; what each round brought."""

    name: str
    site: Site
    ask: Ask
    status: int = 200
    counts: list[int] = field(default_factory=list)
    cpu: float = 0

    def run(self) -> None:
        before = cpu_seconds(self.site.worker)
        self.counts.append(answers_in(SECONDS, self.ask, status=self.status))
        self.cpu += cpu_seconds(self.site.worker) - before

    @property
    def words(self) -> str:
        """Processor time beside it, as that hardly depends on what else this machine does."""
        each = milliseconds(self.cpu / sum(self.counts))
        return f"{median(self.counts) / SECONDS:,.0f} a second ({each:.1f} ms CPU)"

    def against(self, other: "Contender") -> float:
        """The middle of the rounds' ratios: other work hits both sides of a round alike."""
        return median(a / b for a, b in zip(self.counts, other.counts, strict=True))


def measure(product: Site, plain: Site, list_path: str, batch_path: str) -> Iterator[Figure]:
    product.wait_for_estimate(batch_path)
    bare = Contender("a bare view behind session and login", plain, plain.ask("/bare/"))
    admin = Contender("the admin, 100 of 10,000 rows", plain, plain.ask("/admin/plain/entry/"))
    polls = [
        Contender("unchanged poll of a batch", product, product.detail_poll(batch_path), 204),
        Contender("unchanged poll of a list of 50", product, product.list_poll(list_path), 204),
        Contender("poll of a list, 5 of 50 rows changed", product, changed(product, list_path)),
    ]
    pages = [
        Contender("list of 25 rows, warm", product, product.ask(f"{list_path}&limit=25")),
        Contender("list of 100 rows, warm", product, product.ask(f"{list_path}&limit=100")),
        Contender("page of a batch, warm", product, product.ask(batch_path)),
    ]
    take_turns([bare, *polls, admin, *pages])
    yield from (Figure(one.name, one.words) for one in (bare, admin))
    yield from (beside(poll, bare, "the bare view", unchanged(poll)) for poll in polls)
    yield from (beside(page, admin, "the admin", hundred_rows(page)) for page in pages)


def changed(product: Site, list_path: str) -> Ask:
    return product.list_poll(list_path, changed=5)


def take_turns(contenders: list[Contender]) -> None:
    for one in contenders:
        one_by_one([one.ask] * 5)  # caches, compiled templates
    for _ in range(ROUNDS):
        for one in contenders:
            one.run()


def unchanged(poll: Contender) -> float | None:
    if poll.status != 204:
        return None
    return LIST_POLL_OF_BARE if "list" in poll.name else BATCH_POLL_OF_BARE


def hundred_rows(page: Contender) -> float | None:
    return LIST_OF_ADMIN if "100 rows" in page.name else None


def beside(one: Contender, other: Contender, words: str, least: float | None) -> Figure:
    ratio = one.against(other)
    value = f"{one.words}, {share(ratio)} {words}"
    if least is None:
        return Figure(one.name, value)
    return Figure(one.name, value, f"at least {share(least).removesuffix(' of')}", ratio >= least)


def share(ratio: float) -> str:
    return f"{ratio:.1f} times" if ratio >= 1 else f"{ratio:.0%} of"
