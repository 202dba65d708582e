"""Quiet hours and the hour of the digest that a person chose."""

from datetime import time

from django.contrib.auth.models import User

from batches.models import NoticeSetting
from batches.services.transactions import repeatable_transaction


@repeatable_transaction
def save_setting(
    *, user: User, quiet_from: time | None, quiet_until: time | None, digest_at: time | None
) -> NoticeSetting:
    """Store what a form has checked."""
    chosen = {"quiet_from": quiet_from, "quiet_until": quiet_until, "digest_at": digest_at}
    return NoticeSetting.objects.update_or_create(user=user, defaults=chosen)[0]
