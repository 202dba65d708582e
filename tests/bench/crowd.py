"""A database of a size: so many batches known, so many operations, whatever a page asks of them."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import connection, models, transaction
from django.utils import timezone

from batches.models import ApiKey, Mode, Operation, SeenBatch, State, StatusChange, Verb

RARE = 5  # operations of each kind that a filter has to find among all others
BATCH = "bench-annotation-of-still-images-000"
UNUSUAL = {"verb": Verb.FINALIZE, "state": State.UNCONFIRMED}
OTHERS = "0123456789abcdef"  # a fingerprint that only the admin sees


@dataclass(frozen=True, slots=True)
class Size:
    batches: int
    operations: int


def fill(size: Size) -> None:
    """What most have is the newest; what few have is the oldest, in every size."""
    key = ApiKey.objects.get(owner__username="olga", mode=Mode.LIVE)
    newcomer = User.objects.create(username="nora")
    newcomer.groups.add(Group.objects.get(name="Viewers"))
    now = timezone.now()
    with transaction.atomic():
        batches(key, size.batches, now)
        changes(key, now)
        operations(key, size.operations, now)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def batches(key: ApiKey, count: int, now: datetime) -> None:
    like = SeenBatch(fingerprint=key.fingerprint, name="crowd", created_at=now, seen_at=now)
    like.save()
    multiply(like, range(1, count), names=("name", "search"), digest="digest")


def changes(key: ApiKey, now: datetime) -> None:
    StatusChange.objects.bulk_create(
        StatusChange(
            fingerprint=key.fingerprint,
            name=BATCH,
            after="staging",
            at=now - timedelta(hours=number + 1),
        )
        for number in range(20)
    )


def operations(key: ApiKey, count: int, now: datetime) -> None:
    """Of every ten, six with a key that all read with; the newest four with one of others."""
    of_others = one(OTHERS, "admin", now)
    ours = one(key.fingerprint, "olga", now)
    border = count * 4 // 10
    names = ("batch_name", "batch_search")
    multiply(of_others, range(1, border), names=names, digest="batch_digest")
    multiply(ours, range(border, count), names=names, digest="batch_digest")
    for number in range(RARE):
        at = now - timedelta(minutes=count + number)
        one(key.fingerprint, "vera", at, batch_name=BATCH, **UNUSUAL)
    Operation.objects.filter(pk=ours.pk).delete()


def one(fingerprint: str, username: str, at: datetime, **fields: Any) -> Operation:
    values = {"verb": Verb.CREATE, "state": State.SUCCEEDED, "batch_name": "crowd"} | fields
    return Operation.objects.create(
        form_id=uuid.uuid4(),
        user=User.objects.get(username=username),
        username=username,
        key_label="Annotation team",
        key_mode=Mode.LIVE,
        fingerprint=fingerprint,
        created_at=at,
        settled_at=at,
        **values,
    )


def multiply(like: Any, numbers: range, *, names: tuple[str, ...], digest: str) -> None:
    """Rows like one, by the database itself: each with its number in its name, a minute older."""
    meta = like._meta
    own = number_sql(names, digest)
    counted = isinstance(meta.pk, models.AutoField)  # the database gives the next number itself
    columns = [f.column for f in meta.concrete_fields if not (counted and f is meta.pk)]
    quoted = ", ".join(map(connection.ops.quote_name, columns))
    values = ", ".join(own.get(name, f"t.{connection.ops.quote_name(name)}") for name in columns)
    pk = meta.pk.get_db_prep_value(like.pk, connection)
    statement = (
        f"WITH RECURSIVE n(i) AS (SELECT {numbers.start} UNION ALL "
        f"SELECT i + 1 FROM n WHERE i < {numbers.stop - 1}) "
        f"INSERT INTO {meta.db_table} ({quoted}) SELECT {values} "
        f"FROM n CROSS JOIN {meta.db_table} t WHERE t.id = '{pk}'"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)


def number_sql(names: tuple[str, ...], digest: str) -> dict[str, str]:
    """How each database makes a column from the number `n.i`."""
    if connection.vendor == "postgresql":
        hexed, ago = "lpad(to_hex(n.i), {}, '0')", "t.created_at - n.i * interval '1 minute'"
        uuid_sql = f"{hexed.format(32)}::uuid"
    else:
        hexed, ago = "printf('%0{}x', n.i)", "datetime(t.created_at, '-' || n.i || ' minutes')"
        uuid_sql = hexed.format(32)
    own = dict.fromkeys(names, "'crowd-batch-of-a-project-' || n.i")
    own |= {digest: hexed.format(64), "created_at": ago, "settled_at": ago}
    return own | {"id": uuid_sql, "form_id": uuid_sql}
