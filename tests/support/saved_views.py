"""Views that somebody has saved."""

from django.contrib.auth.models import User

from batches.services.views.types import View
from batches.services.views.write import save_view


def saved(
    owner: User,
    name: str = "Due first",
    query: str = "status=in_progress&sort=due",
    *,
    is_shared: bool = False,
) -> View:
    return save_view(user=owner, name=name, query=query, is_shared=is_shared)
