"""A client of the vendor's batch API.

    client = Client("https://api.refonte.com/v1")
    answer = client.get_batch(Secret(key), "kitten-07", deadline=Deadline(10))
    print(answer.data.status, answer.data.counts, answer.answered_at)

    try:
        client.finalize_batch(Secret(key), "kitten-07", deadline=Deadline(10))
    except RefonteError as error:
        if error.may_have_happened:  # read the batch before sending it again
            ...

Each call sends one request, retries nothing and returns an `Answer`: `data` as a frozen type,
`payload` as decoded JSON, `answered_at` and `vendor_date` as aware UTC datetimes, `seconds`, and
`size` in bytes. Deadlines are in seconds and cover the whole call: DNS, TCP, TLS, sending, reading.
Times are aware datetimes in UTC; counts are numbers of tasks, None where unknown.

RefonteError
├── NoAnswerCame
│   ├── NotSent       not one byte was sent: nothing happened
│   ├── NoAnswer      deadline, reset, body cut: a write may have happened
│   └── Busy          never raised here: for callers that do not send now
└── AnswerCame
    ├── Throttled     429
    ├── KeyRefused    401, 403
    ├── NotFound      404
    ├── Conflict      409
    ├── Rejected      any other 4xx
    ├── VendorError   408, 5xx: a write may have happened
    │   └── Denied    401, 403 without the vendor's reason, as from a proxy
    └── BadAnswer     undocumented 2xx, any 1xx or 3xx: a write may have happened
        └── TooLarge  2xx of more than `MAX_BODY` bytes

What the vendor's documentation leaves open, and how this client decides it, is in comments beside
the code. Start with `client`, then `types` for the data and `transport` for the connection.
Depends on requests and the standard library only.
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
