"""Why nothing was done with a bulk. Nothing was sent in any of these cases.

BulkError
├── NotYours      it is somebody else's, or the key is
├── OtherKey      it was planned with another key
├── PlanChanged   other rows are ticked than the page showed, or they were read again since
├── PlanOld       its batches were read too long ago
├── NotPlanned    it is not at that step: still being read, or confirmed already
├── NotEnded      its rows are still being sent
├── NothingToDo   no row is chosen, ticked, or failed
└── TooManyRows   more than 1,000

Beside these, `OperationsError` of `services/operations/errors.py`: FormReused where a form's id was
used with other content, NoSuchRow where a name cannot be stored, CannotRecord, KeyGone.
"""

from batches.services.operations.errors import OperationsError

MOST_ROWS = 1_000


class BulkError(OperationsError):
    """message: for people."""


class NotYours(BulkError):  # noqa: N818 - the name is the fact
    message = "Only the person who planned this bulk may do that, with a key of their own."


class OtherKey(BulkError):  # noqa: N818 - as above
    message = (
        "This plan was made with another key, and nothing was sent. "
        "Switch to that key, or make the plan again with this one."
    )


class PlanChanged(BulkError):  # noqa: N818 - as above
    message = "The plan has changed since this page showed it. Nothing was sent; look again."


class PlanOld(BulkError):  # noqa: N818 - as above
    message = (
        "The batches of this plan were read more than 10 minutes ago. "
        "Nothing was sent; read them again first."
    )


class NotPlanned(BulkError):  # noqa: N818 - as above
    message = "This bulk is at another step by now. Nothing was changed."


class NotEnded(BulkError):  # noqa: N818 - as above
    message = "This bulk has not ended yet, so it cannot be retried."


class NothingToDo(BulkError):  # noqa: N818 - as above
    message = "There is nothing to do: no batch is left to send. Nothing was sent."


class TooManyRows(BulkError):  # noqa: N818 - as above
    message = f"A bulk takes at most {MOST_ROWS:,} batches. Nothing was planned; choose fewer."
