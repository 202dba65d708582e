"""Django runs these checks with `migrate`, `check --database` and the start of each process."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from batches.services.keys.rotation import refuse_missing_keys


@register(Tags.database)
def encryption_keys(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """No encryption key is missing that rows still need: found at the start, not by a person."""
    if not databases:
        return []
    try:
        refuse_missing_keys()
    except ImproperlyConfigured as error:
        return [Error(str(error), id="batches.E001")]
    except DatabaseError as error:
        return [Error(f"The database does not answer: {error}", id="batches.E002")]
    return []
