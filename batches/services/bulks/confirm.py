"""The confirmation: exactly the rows that the page showed, once."""

from django.contrib.auth.models import User

from batches.models import Bulk
from batches.services.keys.types import ViewerKey


def confirm_bulk(*, user: User, key: ViewerKey, bulk: Bulk, stamp: str, reason: str = "") -> Bulk:
    """Let it run. A bulk that this person has confirmed before is returned as it is.

    Raises NotYours, OtherKey, NotPlanned, PlanChanged, PlanOld, NothingToDo.
    """
    raise NotImplementedError
