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
from dashboard.postgresql import cursors
from dashboard.postgresql.base import DatabaseWrapper
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


def test_a_write_by_itself_is_not_repeated():
    Group.objects.create(name="kittens")
    cut()
    with pytest.raises(OperationalError):
        Group.objects.filter(name="kittens").update(name="cats")
    connection.close()
    assert "kittens" in names()


def test_after_a_write_that_failed_the_same_request_reads_on():
    Group.objects.create(name="kittens")
    cut()
    with suppress(OperationalError):
        Group.objects.filter(name="kittens").update(name="cats")
    assert "kittens" in names()


def test_a_read_survives_that_the_next_connection_is_cut_too(monkeypatch: pytest.MonkeyPatch):
    connect_again, seen = cursors.connect_again, list[int]()

    def cut_the_first(db: Any) -> None:
        connect_again(db)
        seen.append(1)
        if len(seen) == 1:
            cut()

    monkeypatch.setattr(cursors, "connect_again", cut_the_first)
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


def cut_before(statement: int) -> Any:
    """Cuts the connection before so many statements of a request were asked; once."""
    asked = [0]

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked[0] += 1
        if asked[0] == statement:
            cut()
        return execute(sql, params, many, context)

    return asked, wrapper


def test_a_form_is_taken_whichever_of_its_statements_finds_the_connection_cut(
    alice: User, browse: Browse, key: KeyHandle, refonte: Sandbox
):
    refonte.add_project("kittens")
    web = browse(alice)
    ended = {}
    for statement in range(1, 200):
        name = f"kitten-{statement}"
        form = {"project": "kittens", "name": name, "form_id": str(uuid4())}
        asked, wrapper = cut_before(statement)
        with connection.execute_wrapper(wrapper):
            answer = web.post(f"/batches/new/?key={key.ref}", form)
        if asked[0] < statement:
            break
        connection.close()
        ended[statement] = answer.status_code
    assert len(ended) > 10
    assert {n: status for n, status in ended.items() if status >= 500} == {}
