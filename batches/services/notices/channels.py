"""Chats and webhooks of a person. Their URLs are credentials: sealed here, opened to send."""

from datetime import datetime, timedelta
from uuid import uuid4

from django.contrib.auth.models import User

from batches.models import Channel, Delivery, DeliveryKind, DeliveryState
from batches.services.keys import vault
from batches.services.notices import addresses
from batches.services.notices.events import MAIL
from batches.services.row_locks import update_rows
from batches.services.transactions import repeatable_transaction

CHANNELS_MAX = 10  # of one person
TESTS_MAX, TESTS_IN = 5, timedelta(minutes=10)
LASTS = timedelta(days=1)  # so long a delivery is tried


class NotAdded(Exception):  # noqa: N818 - it says what is so
    """Its message is for people."""


class TooManyTests(Exception):  # noqa: N818 - it says what is so
    """retry_after: whole seconds. Nothing was sent."""

    def __init__(self, *, retry_after: int) -> None:
        self.message = (
            f"You had {TESTS_MAX} tests sent in 10 minutes, which is the limit. "
            f"Nothing was sent now; try again in {retry_after} s."
        )
        self.retry_after = retry_after
        super().__init__(self.message)


def channels_of(*, user: User) -> list[Channel]:
    """Without the sealed URLs. One query."""
    return list(Channel.objects.defer("sealed").filter(user=user))


@repeatable_transaction
def add_channel(*, user: User, label: str, url: str) -> Channel:
    """Raises NotAdded, addresses.NotAllowed."""
    address = addresses.parse(url)
    # locked, so that two forms sent at once cannot pass the limit together
    User.objects.select_for_update().get(pk=user.pk)
    taken = channels_of(user=user)
    if len(taken) >= CHANNELS_MAX:
        raise NotAdded(f"You have {CHANNELS_MAX} channels, which is the limit.")
    if label in {one.label for one in taken}:
        raise NotAdded("You have a channel of this name.")
    channel = Channel(user=user, label=label, address=address.shown, seal_id=uuid4())
    sealed = vault.seal(owner=str(user.pk), row=str(channel.seal_id), content=address.url)
    channel.sealed, channel.sealed_with = sealed.text, sealed.mark
    channel.save()
    return channel


def open_url(*, channel: Channel) -> str:
    """The URL itself, to send one delivery. Raises vault.KeyUnreadable."""
    return vault.unseal(owner=str(channel.user_id), row=str(channel.seal_id), text=channel.sealed)


@repeatable_transaction
def delete_channel(*, user: User, channel_id: int) -> str | None:
    """Its label; None for an unknown one, and for another person's.

    What waits for it is dropped.
    """
    channel = Channel.objects.defer("sealed").filter(user=user, pk=channel_id).first()
    if channel is None:
        return None
    waiting = Delivery.objects.filter(user=user, way=str(channel_id), state=DeliveryState.WAITING)
    update_rows(waiting, state=DeliveryState.DROPPED, reason="The channel was deleted.")
    channel.delete()
    return channel.label


def find_way(*, user: User, way: str) -> str | None:
    """The label of a way that can be tested: "mail", or the id of an own channel; else None."""
    if way == MAIL:
        return "E-mail"
    if not (way.isascii() and way.isdecimal() and len(way) <= 16):
        return None
    found = Channel.objects.filter(user=user, pk=int(way)).values_list("label", flat=True)
    return found.first()


@repeatable_transaction
def send_test(*, user: User, way: str, label: str, now: datetime) -> Delivery:
    """Have the worker send a test. way: one that `find_way` found. Raises TooManyTests."""
    User.objects.select_for_update().get(pk=user.pk)  # as above
    tests = Delivery.objects.filter(
        user=user, kind=DeliveryKind.TEST, created_at__gt=now - TESTS_IN
    ).order_by("created_at")
    made = list(tests.values_list("created_at", flat=True))
    if len(made) >= TESTS_MAX:
        wait = made[-TESTS_MAX] + TESTS_IN - now
        raise TooManyTests(retry_after=max(1, round(wait.total_seconds())))
    return Delivery.objects.create(
        user=user,
        kind=DeliveryKind.TEST,
        way=way,
        label=label,
        created_at=now,
        due_at=now,
        # a person waits for it: an hour later it would only surprise
        until=now + timedelta(minutes=5),
    )
