"""How far a batch is, by the vendor's counts. Never shows more progress than they prove."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

from batches.refonte import COMPLETED, STAGING, Counts

DONE = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Counts, and the per cent and texts made of them.

    percent: of the known total that is settled (completed, error, canceled), with one decimal from
        99 on; None where the total is unknown or only a lower bound.
    as_of: when the counts were read; None where that is the time of the page that shows them.
    is_read: counts were asked for, whether the answer contained any or not.
    """

    counts: Counts
    status: str | None
    as_of: datetime | None = None
    is_read: bool = False

    @property
    def known(self) -> bool:
        return self.counts.total is not None

    @property
    def percent(self) -> Decimal | None:
        total = self.counts.total
        if total is None:
            return None
        if self.status == COMPLETED and self.counts.settled >= total:
            # before the next check: of a completed batch the vendor may give `completed` alone
            return DONE
        # a share of a total that may be larger would promise too much
        if self.counts.is_at_least:
            return None
        if total == 0:
            return Decimal(0)
        share = Decimal(100 * self.counts.settled) / total
        # rounded down, and below 100: only the status `completed` makes a batch 100 %
        if share < 99:
            return share.quantize(Decimal(1), ROUND_FLOOR)
        return min(share.quantize(Decimal("0.1"), ROUND_FLOOR), Decimal("99.9"))

    @property
    def is_all_settled(self) -> bool:
        """No task is left, but Refonte has not set the batch to completed yet."""
        percent, total = self.percent, self.counts.total
        return bool(percent and total and percent < DONE and self.counts.settled >= total)

    @property
    def percent_text(self) -> str:
        if self.is_all_settled:
            return "all done"
        return "" if self.percent is None else f"{self.percent.normalize():f} %"

    @property
    def completed_text(self) -> str:
        done = self.counts.completed
        return "unknown" if done is None else f"{done:,}"

    @property
    def total_text(self) -> str:
        total = self.counts.total
        if total is None:
            return "unknown"
        return f"at least {total:,}" if self.counts.is_at_least else f"{total:,}"

    @property
    def is_unstarted(self) -> bool:
        # pages show only the number of tasks then: "0 of 900" and "0 %" would distract
        return self.status == STAGING and not self.counts.settled

    @property
    def tasks_text(self) -> str:
        return f"{self.total_text} task{'' if self.counts.total == 1 else 's'}"

    @property
    def bare_text(self) -> str:
        """What stands in place of figures and bar, where there is nothing to measure yet."""
        return self.tasks_text if self.is_unstarted and self.known else self.words

    @property
    def settled_width(self) -> str:
        # the bar is not full before the number beside it is 100 %
        if self.percent is None or self.percent == Decimal("99.9"):
            return "0" if self.percent is None else "99.90"
        return self._width(self.counts.settled)

    @property
    def error_width(self) -> str:
        """Width of the part for tasks that ended with an error."""
        return "0" if self.percent is None else self._width(self.counts.error)

    @property
    def failed_text(self) -> str:
        """Errors and cancelled tasks, which the per cent counts as settled: "66 errors"."""
        errors, canceled = self.counts.error or 0, self.counts.canceled or 0
        parts = [f"{errors:,} error{'s' if errors > 1 else ''}"] if errors else []
        return ", ".join([*parts, f"{canceled:,} cancelled"] if canceled else parts)

    @property
    def finished_text(self) -> str:
        """The per cent, and the tasks in it that failed: "47 % finished, 35 errors"."""
        parts = [f"{self.percent_text} finished"] if self.percent_text else []
        if self.is_all_settled:
            parts = ["all tasks done, not closed yet"]
        return ", ".join([*parts, self.failed_text] if self.failed_text else parts)

    @property
    def settled_text(self) -> str:
        """The per cent at the head of a page: "72 % settled, errors included"."""
        if not self.known:
            return self.words
        if self.is_all_settled:
            return "all tasks done, not closed yet"
        if not self.percent_text:
            return ""
        failed = "errors" if self.counts.error else "cancelled" if self.counts.canceled else ""
        return f"{self.percent_text} settled" + (f", {failed} included" if failed else "")

    @property
    def tone(self) -> str:
        """The colour of the bar: green only once the batch itself is completed."""
        return "good" if self.status == COMPLETED else "progress"

    @property
    def words(self) -> str:
        """The label of the bar for screen readers."""
        if not self.known:
            return "Refonte does not say" if self.is_read else "not read yet"
        words = f"{self.completed_text} of {self.total_text} completed"
        return f"{words}, {self.finished_text}" if self.percent_text else words

    def _width(self, count: int | None) -> str:
        """On a bar of width 100."""
        total = self.counts.total
        return f"{100 * count / total:.2f}" if count and total else "0"
