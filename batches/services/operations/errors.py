"""Why an operation was not begun. In each case nothing was sent.

OperationsError
├── AlreadySent   this very form was posted before: `operation` is what it started then
├── FormReused    its id was posted before with other content
├── TooMany       wait `retry_after` seconds
├── NoSuchRow     no row can hold the batch's name, so what is sent could not be recorded
├── KeyGone       the key was deleted meanwhile
├── NotYours      the operation is somebody else's
└── CannotRecord  the database cannot be written
"""

from batches.models import Operation


class OperationsError(Exception):
    """message: for people."""

    message = ""

    def __init__(self, message: str = "") -> None:
        self.message = message or self.message
        super().__init__(self.message)


class AlreadySent(OperationsError):  # noqa: N818 - the name is the fact
    message = "This form was sent before. Nothing was sent twice."

    def __init__(self, operation: Operation) -> None:
        super().__init__()
        self.operation = operation


class FormReused(OperationsError):  # noqa: N818 - as above
    message = (
        "This form was sent before with other content, and nothing was sent now. "
        "Check it and send it again."
    )


class TooMany(OperationsError):  # noqa: N818 - as above
    def __init__(self, *, limit: int, retry_after: int) -> None:
        super().__init__(
            f"You sent {limit} operations with this key in the last minute, which is the limit. "
            f"Nothing was sent now; send it again in {retry_after} s."
        )
        self.retry_after = retry_after


class NoSuchRow(OperationsError):  # noqa: N818 - as above
    message = (
        "Nothing was sent: this name cannot be recorded, as it is too long or has a character "
        "that the database cannot store."
    )


class KeyGone(OperationsError):  # noqa: N818 - as above
    def __init__(self, label: str) -> None:
        super().__init__(f"The key “{label}” was deleted. Nothing was sent.")


class NotYours(OperationsError):  # noqa: N818 - as above
    message = "Only the person who began this operation may withdraw it."


class CannotRecord(OperationsError):  # noqa: N818 - as above
    message = (
        "This console cannot write to its database just now, so nothing was sent. "
        "Reading still works. Send it again in a minute; if it persists, tell an administrator."
    )
