"""Shared views of the demo's list: what an ops person, and who plans the week, look at."""

from django.contrib.auth.models import User

from batches.models import SavedView
from batches.services.views.write import save_view

# As in addresses of the list.
VIEWS = {
    "In trouble": "attention=any",
    "By due date": "status=in_progress&sort=due",
    "Wall": "status=in_progress&density=wall",
}


def store_views() -> None:
    """Does nothing at a later start of the same demo."""
    if SavedView.objects.exists():
        return
    olga = User.objects.get(username="olga")
    for name, query in VIEWS.items():
        save_view(user=olga, name=name, query=query, is_shared=True)
