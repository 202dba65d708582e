"""A person stops a bulk and lets it go on."""

from django.contrib.auth.models import User

from batches.models import Bulk
from batches.services.keys.types import ViewerKey


def stop_bulk(*, user: User, bulk: Bulk) -> Bulk:
    """After the present row; a plan is dropped. An ended bulk stays as it is. Raises NotYours."""
    raise NotImplementedError


def go_on(*, user: User, key: ViewerKey, bulk: Bulk) -> Bulk:
    """Send the rows that are left. Raises NotYours, OtherKey, NotPlanned, NothingToDo."""
    raise NotImplementedError
