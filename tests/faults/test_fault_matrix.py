"""Every byte-level fault × every call of a person: no page breaks, no write lies, none hangs.

The table at the end of the run shows each attempt: how it ended, and after how many seconds.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from batches.models import Operation, Verb
from tests.faults.calls import ALL, READS, SPARE, Attempt, Console
from tests.faults.expected import LASTING, expected_outcome
from tests.faults.faults import FAULTS
from tests.faults.reconcile import is_true, posts_for, settle_everything
from tests.faults.spoiled import SpoiledVendor
from tests.faults.table import note_row

pytestmark = pytest.mark.unmeasured  # other tests take these paths; measuring doubles the time

# the vendor asked to wait, so these are sent again where nothing shows that they were done
THROTTLED = frozenset(fault for fault in FAULTS if "429" in fault)


# what each leaves in the database is left by one of these as well
OF_EACH_KIND = {"ok", "never_answers", "closed_after_acting", "closed_before_acting", "500", "401"}
OF_EACH_KIND |= {"404", "409", "acted_409", "400", "acted_400", "429_retry_2", "other_shape"}


def marked(fault: str) -> Any:
    marks = [pytest.mark.slow] if fault in LASTING else []
    marks += [] if fault in OF_EACH_KIND else [pytest.mark.one_database]
    return pytest.param(fault, marks=marks, id=fault)


def spoil(
    vendor: SpoiledVendor, fault: str
) -> Callable[[Sequence[Attempt]], AbstractContextManager[None]]:
    @contextmanager
    def broken(attempts: Sequence[Attempt]) -> Iterator[None]:
        for attempt in attempts:
            vendor.spoil(attempt.api_key, fault, attempt.call.match)
        yield
        vendor.heal()

    return broken


@pytest.mark.parametrize("fault", [marked(fault) for fault in FAULTS])
def test_no_page_breaks_and_no_write_lies(
    fault: str,
    console: Console,
    spoiled: SpoiledVendor,
    settings: Settings,
    request: pytest.FixtureRequest,
):
    # a fault that lasts takes the whole deadline; of any other the deadline must change nothing
    settings.REFONTE_TIMEOUT = timeout = 4.0 if fault in LASTING else 30.0
    # what ends at once would only fight for the processor
    attempts = console.run(ALL, spoil(spoiled, fault), side_by_side=fault in LASTING)
    note_row(request, fault, attempts)

    ended = {attempt.call.name: attempt.outcome for attempt in attempts}
    assert ended == {call.name: expected_outcome(fault, call) for call in ALL}
    assert all(attempt.seconds <= timeout + SPARE for attempt in attempts)
    assert all(attempt.says_enough for attempt in attempts)

    settle_everything()
    for operation in Operation.objects.all():
        # that a priority was set nobody can read: its refusal has to be believed
        is_believed = (fault, operation.verb) == ("acted_400", Verb.PRIORITIZE)
        assert is_true(console, operation) or is_believed, (operation, operation.message)
        assert posts_for(console, operation) <= 1 + (fault in THROTTLED)


@pytest.mark.parametrize("fault", ["never_answers", "500", "401", "other_shape", "headers_cut"])
def test_a_page_with_nothing_to_show_yet_says_so(
    fault: str, console: Console, spoiled: SpoiledVendor, timeout: float
):
    attempts = console.attempts(READS)
    with spoil(spoiled, fault)(attempts):
        for attempt in attempts:
            attempt.run()

    answered = {attempt.call.name: attempt.answer.status_code for attempt in attempts}
    assert answered["detail page"] == 503
    assert {answered["list page"], answered["list poll"], answered["detail poll"]} == {200}
    assert all(attempt.words for attempt in attempts)
