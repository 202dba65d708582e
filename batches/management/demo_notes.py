"""Due dates for batches of the demo: one that is missed as things are, others that are not."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import BatchNote
from batches.refonte import Secret
from batches.sandbox import LIVE_KEY
from batches.services.keys.fingerprints import fingerprint_of

# Days from the first start. The estimate of the first one ends a week later than that, at least.
DUE = {
    "Street signs turin #14": 3,
    "voice_en_591": 21,
    "drone_fields_ghent_night": 28,
    "signs-lyon-rework": 35,
    "kitten_labeling_archive": 300,
}
HOUR = 16  # UTC


def store_notes() -> None:
    """Does nothing at a later start of the same demo."""
    fingerprint, now = fingerprint_of(Secret(LIVE_KEY)), timezone.now()
    if BatchNote.objects.exists():
        return
    olga = User.objects.get(username="olga")
    day = now.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    for name, days in DUE.items():
        BatchNote.objects.create(
            fingerprint=fingerprint,
            name=name,
            due_at=day + timedelta(days=days),
            owner=olga,
            changed_at=now,
        )
