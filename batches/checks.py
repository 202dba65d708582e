"""What `migrate`, the dashboard, the worker and `check --database default` refuse to go on with."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from batches.services.keys.rotation import refuse_retirement


@register(Tags.database)
def encryption_keys(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Before the first page, not at it: no encryption key is missing that rows still need."""
    if not databases:
        return []
    try:
        refuse_retirement()
    except ImproperlyConfigured as error:
        return [Error(str(error), id="batches.E001")]
    except DatabaseError as error:
        return [Error(f"The database does not answer: {error}", id="batches.E002")]
    return []
