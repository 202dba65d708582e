"""Names in the database: found by digest whatever their length, searched however they are typed."""

import unicodedata
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import Any
from unittest import mock

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from batches.models import Operation, SeenBatch, State, StatusChange
from batches.models.names import fold, name_digest
from batches.services.batches.search import search_seen
from batches.services.keys.types import KeyHandle
from batches.services.newest import AT_ONCE
from batches.services.observations.record import record
from batches.services.observations.seen import find_seen
from batches.services.observations.sighting import Sighting
from batches.services.operations.history import last_priorities
from tests.support.batch_lists import filters, names_of
from tests.support.clock import NOON
from tests.support.operations import abandoned_operation
from tests.support.query_plans import work_of

# No two alike, so that no database can press it into a smaller index row.
LONG = "".join(chr(0x4E00 + number * 7) for number in range(1024))
NFC, NFD = (unicodedata.normalize(form, "Café-Übung") for form in ("NFC", "NFD"))
ZERO_WIDTH, MARK = "kit\u200bten", "\ufeffkitten"


def search(key: KeyHandle, q: str) -> list[str]:
    return names_of(search_seen(key=key, filters=filters(q=q)))


def see(key: KeyHandle, *names: str, minutes: float = 0, **facts: Any) -> None:
    at = NOON + timedelta(minutes=minutes)
    record(
        fingerprint=key.fingerprint,
        sightings=[Sighting(name=name, **facts) for name in names],
        at=at,
    )


def test_a_name_of_1024_letters_of_three_bytes_is_kept_found_and_followed(
    key: KeyHandle, alice: User
) -> None:
    see(key, LONG, status="staging")
    see(key, LONG, status="in_progress", minutes=1)
    abandoned_operation(
        alice,
        key,
        State.SUCCEEDED,
        batch_name=LONG,
        verb="prioritize",
        sent_at=NOON,
        parameters={"priority": 20},
    )

    assert find_seen(fingerprint=key.fingerprint, names=[LONG])[LONG].status == "in_progress"
    assert StatusChange.objects.get().name == LONG
    assert search(key, LONG[500:520]) == [LONG]
    assert last_priorities(key=key, names=[LONG])[LONG].parameters == {"priority": 20}


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Имя-Пакета", "имя"),
        ("имя-пакета", "ИМЯ"),
        (NFD, NFC),
        (NFC, NFD),
        (NFC, NFC.upper()),
        ("Straße", "STRASSE"),
        ("ΟΔΟΣ", "οδος"),
        (ZERO_WIDTH, "kitten"),
        ("kitten", ZERO_WIDTH),
        (MARK, "kitten"),
        ("kitten", MARK),
        ("100%_done", "%_D"),
        ("back\\slash", "k\\S"),
    ],
)
def test_a_name_is_found_however_it_is_typed(name: str, typed: str, key: KeyHandle) -> None:
    see(key, name, "another one")

    assert search(key, typed) == [name]


@pytest.mark.parametrize("other", ["kitten", ZERO_WIDTH, MARK, "Kitten"])
def test_names_that_a_search_takes_for_one_are_different_batches(
    other: str, key: KeyHandle
) -> None:
    see(key, "kitten", other)

    assert set(find_seen(fingerprint=key.fingerprint, names=["kitten", other])) == {"kitten", other}
    assert len(search(key, "kitten")) == len({"kitten", other})


@pytest.mark.parametrize("model", [SeenBatch, StatusChange, Operation])
def test_no_index_holds_a_name(model: type[Any], db: None) -> None:
    long = {"name", "batch_name", "project"}
    with connection.cursor() as cursor:
        indexes = connection.introspection.get_constraints(cursor, model._meta.db_table)
    names = {column for index in indexes.values() for column in index["columns"]}

    assert not names & long
    assert ("search" in names) == (model is SeenBatch and connection.vendor == "sqlite")


def test_rows_from_before_the_digests_get_theirs(
    key: KeyHandle, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    see(key, *(f"Kitten-{number}" for number in range(7)), status="staging")
    see(key, "Kitten-0", status="in_progress", minutes=1)
    abandoned_operation(alice, key, State.SUCCEEDED, batch_name="Kitten-1")
    step = import_module("batches.migrations.0008_fill_name_digests")
    StatusChange.objects.update(digest="")
    Operation.objects.update(batch_digest="")
    SeenBatch.objects.filter(name="Kitten-3").update(digest="", search="")
    monkeypatch.setattr(step, "ROWS", 2)

    step.fill(apps, mock.Mock(connection=connection))

    assert {row.digest for row in SeenBatch.objects.all()} == {
        name_digest(f"Kitten-{number}") for number in range(7)
    }
    assert {row.search for row in SeenBatch.objects.all()} == {
        f"kitten-{number}" for number in range(7)
    }
    assert StatusChange.objects.get().digest == name_digest("Kitten-0")
    assert Operation.objects.get().batch_digest == name_digest("Kitten-1")


def test_a_name_that_folds_to_nothing_matches_like_no_words_at_all() -> None:
    assert fold("\ufeff\u200b") == ""


@pytest.mark.parametrize("names", [AT_ONCE // 3, AT_ONCE * 3])
def test_a_search_reads_no_more_names_than_one_page_looks_through(
    key: KeyHandle, names: int
) -> None:
    """Past each name twice to find where they end, and each read for the page and to count them."""
    now = timezone.now()
    SeenBatch.objects.bulk_create(
        SeenBatch(
            fingerprint=key.fingerprint,
            name=f"Имя-Пакета-{number:05}",
            created_at=now - timedelta(seconds=number),
            seen_at=now,
            counts={"pending": 10, "completed": 30},
        )
        for number in range(names)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    most = min(names, AT_ONCE) * {"sqlite": 66, "postgresql": 9}[connection.vendor]
    for typed in ("нет-такого", "-00999", "имя"):
        assert work_of(partial(search, key, typed), "batches_seenbatch") < most, typed
