"""A client of the vendor's batch API: HTTP in, frozen types or one small tree of errors out.

    client = Client("https://api.refonte.com/v1")
    answer = client.get_batch(Secret(key), "kitten-07", deadline=Deadline(10))
    answer.data.status, answer.answered_at

Depends on requests and the standard library only; no framework may enter.
"""

from .client import PRIORITY_MAX, PRIORITY_MIN, Client
from .counts import Counts
from .deadline import Deadline
from .errors import (
    AnswerCame,
    BadAnswer,
    Busy,
    Conflict,
    Denied,
    KeyRefused,
    NoAnswer,
    NoAnswerCame,
    NotFound,
    NotSent,
    Outcome,
    RefonteError,
    Rejected,
    Throttled,
    TooLarge,
    VendorError,
)
from .fields import format_time, parse_time
from .limits import CUT, is_whole
from .messages import Reply, Request, Transport
from .names import Unaddressable, encode_name
from .secret import Secret
from .transport import MAX_BODY, PooledTransport
from .types import (
    CANCELLED,
    COMPLETED,
    IN_PROGRESS,
    LIMIT_MAX,
    PAUSED,
    STAGING,
    Answer,
    Batch,
    BatchPage,
    BatchStatus,
    ListQuery,
    Project,
    ReceivedRow,
    parse_accepted,
    parse_batch,
    parse_finalized,
    parse_page,
    parse_projects,
    parse_status,
)

__all__ = [
    "CANCELLED",
    "COMPLETED",
    "CUT",
    "IN_PROGRESS",
    "LIMIT_MAX",
    "MAX_BODY",
    "PAUSED",
    "PRIORITY_MAX",
    "PRIORITY_MIN",
    "STAGING",
    "Answer",
    "AnswerCame",
    "BadAnswer",
    "Batch",
    "BatchPage",
    "BatchStatus",
    "Busy",
    "Client",
    "Conflict",
    "Counts",
    "Deadline",
    "Denied",
    "KeyRefused",
    "ListQuery",
    "NoAnswer",
    "NoAnswerCame",
    "NotFound",
    "NotSent",
    "Outcome",
    "PooledTransport",
    "Project",
    "ReceivedRow",
    "RefonteError",
    "Rejected",
    "Reply",
    "Request",
    "Secret",
    "Throttled",
    "TooLarge",
    "Transport",
    "Unaddressable",
    "VendorError",
    "encode_name",
    "format_time",
    "is_whole",
    "parse_accepted",
    "parse_batch",
    "parse_finalized",
    "parse_page",
    "parse_projects",
    "parse_status",
    "parse_time",
]
