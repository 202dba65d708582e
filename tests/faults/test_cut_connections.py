"""PostgreSQL's connections cut in mid-request: what cannot have been done is asked again."""

from contextlib import suppress
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.contrib.auth.models import Group, User
from django.db import OperationalError, connection, connections, transaction

from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.transactions import repeatable_transaction
from dashboard.databases.postgresql import repeats
from dashboard.databases.postgresql.base import DatabaseWrapper
from tests.faults.databases import only_postgres
from tests.support.pages import Browse

pytestmark = [only_postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _connected_anew():
    yield
    connection.close()  # the next test's is a whole one


def cut() -> None:
    """This thread's connection, by another one, as an admin does it."""
    if connection.connection is None:
        connection.ensure_connection()
    facts = connection.get_connection_params()
    wanted = ("dbname", "user", "password", "host", "port")
    own = {name: facts[name] for name in wanted if facts.get(name)}
    with psycopg.connect(**own, autocommit=True) as other:
        pid = connection.connection.info.backend_pid
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def names() -> set[str]:
    return set(Group.objects.values_list("name", flat=True))


def test_a_read_is_asked_again():
    Group.objects.create(name="kittens")
    cut()
    assert "kittens" in names()


def test_a_read_that_is_written_out_over_several_lines_is_asked_again():
    cut()
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT 1
        """)
        assert cursor.fetchall() == [(1,)]


def test_a_transaction_that_was_to_begin_begins_on_another_connection():
    cut()
    with transaction.atomic():
        Group.objects.create(name="kittens")
        assert connection.in_atomic_block
        with suppress(ZeroDivisionError), transaction.atomic():
            Group.objects.create(name="puppies")
            raise ZeroDivisionError
    assert connection.get_autocommit()
    assert names() >= {"kittens"}
    assert "puppies" not in names()


def test_what_was_rolled_back_stays_so():
    cut()
    with suppress(ZeroDivisionError), transaction.atomic():
        Group.objects.create(name="kittens")
        raise ZeroDivisionError
    assert "kittens" not in names()


def test_a_transaction_that_has_begun_fails_as_a_whole():
    with suppress(OperationalError), transaction.atomic():
        Group.objects.create(name="kittens")
        cut()
        Group.objects.create(name="puppies")
    assert not names() & {"kittens", "puppies"}


def test_a_write_by_itself_is_asked_again():
    Group.objects.create(name="kittens")
    cut()
    assert Group.objects.filter(name="kittens").update(name="cats") == 1
    assert connection.get_autocommit()
    assert names() & {"kittens", "cats"} == {"cats"}


def test_what_was_cut_as_it_was_committed_is_not_repeated(monkeypatch: pytest.MonkeyPatch):
    commit = DatabaseWrapper._commit  # type: ignore[attr-defined]  # not in Django's stubs

    def cut_before(self: Any) -> None:
        cut()
        commit(self)

    Group.objects.create(name="kittens")
    monkeypatch.setattr(DatabaseWrapper, "_commit", cut_before)
    with pytest.raises(OperationalError):
        Group.objects.filter(name="kittens").update(name="cats")
    monkeypatch.undo()
    assert "kittens" in names()  # and the same request reads on


def test_steps_that_may_be_repeated_are_run_again_as_a_whole_and_once():
    runs: list[int] = []

    @repeatable_transaction
    def steps() -> None:
        runs.append(1)
        Group.objects.create(name="kittens")
        if len(runs) == 1:
            cut()
        Group.objects.create(name="puppies")

    steps()
    assert len(runs) == 2
    assert names() >= {"kittens", "puppies"}


def test_a_read_survives_that_the_next_connection_is_cut_too(monkeypatch: pytest.MonkeyPatch):
    connect_again, seen = repeats.connect_again, list[int]()

    def cut_the_first(db: Any) -> None:
        connect_again(db)
        seen.append(1)
        if len(seen) == 1:
            cut()

    monkeypatch.setattr(repeats, "connect_again", cut_the_first)
    Group.objects.create(name="kittens")
    cut()
    assert "kittens" in names()
    assert len(seen) == 2


def test_a_connection_that_is_cut_while_it_is_set_up_is_made_again(
    monkeypatch: pytest.MonkeyPatch,
):
    set_up, seen = DatabaseWrapper.init_connection_state, list[int]()

    def cut_the_first(self: Any) -> None:
        seen.append(1)
        if len(seen) == 1:
            cut()
        set_up(self)

    connection.close()
    monkeypatch.setattr(DatabaseWrapper, "init_connection_state", cut_the_first)
    # which the server must be told
    monkeypatch.setitem(vars(connections["default"]), "timezone_name", "Asia/Tokyo")
    assert names() is not None
    assert len(seen) == 2


def test_where_nobody_answers_any_more_the_read_fails(monkeypatch: pytest.MonkeyPatch):
    cut()
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    with pytest.raises(OperationalError):
        names()


def cut_before(statement: int) -> tuple[list[int], Any]:
    """Cuts the connection before this statement of a request is asked. Counts all of them."""
    asked = [0]

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked[0] += 1
        if asked[0] == statement:
            cut()
        return execute(sql, params, many, context)

    return asked, wrapper


FORMS: dict[str, tuple[str, dict[str, str]]] = {
    "create": ("/batches/new/?key={key.ref}", {"project": "kittens", "name": "kitten-{number}"}),
    "finalize": ("/batches/puppy-{number}/finalize/?key={key.ref}", {}),
    "preferences": ("/preferences/", {"zone": "UTC", "theme": "dark", "page_size": "50"}),
    "watch": ("/keys/{key.id}/watch/?key={key.ref}", {"keep_watch": "on"}),
    "default": ("/keys/{key.id}/default/?key={key.ref}", {}),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_taken_whichever_of_its_statements_finds_the_connection_cut(
    name: str, alice: User, browse: Browse, key: KeyHandle, refonte: Sandbox
):
    refonte.add_project("kittens")
    web, (path, fields), ended = browse(alice), FORMS[name], dict[int, int]()
    for number in range(1, 200):
        refonte.add_batch(f"puppy-{number}", status="staging", counts={"pending": 9})
        form = {name: value.format(number=number) for name, value in fields.items()}
        asked, wrapper = cut_before(number)
        with connection.execute_wrapper(wrapper):
            address = path.format(key=key, number=number)
            answer = web.post(address, form | {"form_id": str(uuid4())})
        if asked[0] < number:
            break
        connection.close()
        ended[number] = answer.status_code
    assert len(ended) > 3
    assert set(ended.values()) == {302}, ended
