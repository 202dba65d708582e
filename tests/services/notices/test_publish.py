"""A notice is stored with what happened, or not at all."""

import pytest
from django.db import transaction

from batches.models import Notice, NoticeKind
from batches.services.notices.publish import publish
from tests.support.watched_work import PRINT, Work, at


@pytest.mark.django_db
def test_a_notice_goes_with_the_transaction_of_what_happened():
    work = Work()
    work.see(0, 40)
    with transaction.atomic():
        publish(kind=NoticeKind.STALLED, fingerprint=PRINT, batch=work.row, at=at(9))
        transaction.set_rollback(True)
    assert not Notice.objects.exists()
    publish(kind=NoticeKind.STALLED, fingerprint=PRINT, batch=work.row, at=at(9))
    assert Notice.objects.get().spread_at is None
