"""What can be done with the batch whose page is open."""

from batches.refonte import STAGING
from batches.services.batches.detail import UNFINISHED
from batches.services.batches.rows import Row
from batches.services.people.roles import Role, role_of
from batches.templatetags.addresses import page_url
from batches.views.addresses import batch_url
from batches.views.palette.types import Result
from batches.views.request import Request

TITLE = "With this batch"


def may_operate(request: Request) -> bool:
    """Whether to offer writes. The guard of each request decides again."""
    return role_of(request.user).includes(Role.OPERATOR) and request.key.can_operate


def with_batch(request: Request, row: Row | None) -> tuple[str, list[Result]]:
    """The title of the section, and what this person may do with this batch."""
    if row is None:
        return TITLE, []
    key, name = request.key.ref, row.name
    follow = page_url("follows:edit", batch=name, project=row.project, key=key)
    link = request.build_absolute_uri(batch_url(name, key))
    return TITLE, [
        *(_writes(row, key) if may_operate(request) else []),
        Result(words="Follow…", url=follow, icon="bell", opens_dialog=True),
        Result(words="Copy link", copies=link, icon="copy"),
    ]


def _writes(row: Row, key: str) -> list[Result]:
    of_batch = {
        "finalize": ("Finalize…", "check", row.status == STAGING),
        "prioritize": ("Set priority…", "send", row.status in (*UNFINISHED, None)),
        "note": ("Due date, owner, note…", "calendar-due", True),
    }
    another = page_url("batches:create", like=row.name, key=key)
    return [
        *(
            Result(
                words=words,
                url=page_url(f"batches:{verb}", row.name, key=key),
                icon=icon,
                opens_dialog=True,
            )
            for verb, (words, icon, is_possible) in of_batch.items()
            if is_possible
        ),
        Result(words="Create another like this", url=another, icon="plus", opens_dialog=True),
    ]
