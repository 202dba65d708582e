"""The key is in nothing that an error carries, however one looks at it."""

import base64
import gc
import json
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from types import TracebackType

import pytest
import requests

from batches.refonte import BadAnswer, Client, Deadline, ListQuery, RefonteError, Secret
from tests.faults.exchange import Exchange
from tests.faults.framed import Fault
from tests.faults.hosts import port_of_nobody
from tests.faults.server import FaultServer
from tests.refonte.conftest import READS, WRITES, Call

KEY = "live_4fQ9zK7bXw2mPdLeak"


def spellings() -> list[str]:
    """Plain, hex, and base64 in each of the three ways it can lie in a longer text."""
    shifted = (base64.b64encode(b"x" * shift + KEY.encode()).decode()[4:-4] for shift in range(3))
    return [KEY, KEY.encode().hex(), *shifted]


def leaks(text: str) -> bool:
    return any(spelling in text for spelling in spellings())


def everything(error: BaseException) -> Iterator[str]:
    """All that a debug page, a mail or a log could print of an error."""
    yield repr(error) + str(error) + repr(error.args) + repr(vars(error))
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    yield "".join(told.format())
    chained: BaseException | None = error
    while chained is not None:
        yield from frames(chained.__traceback__)
        chained = chained.__cause__ or chained.__context__


def frames(step: TracebackType | None) -> Iterator[str]:
    while step is not None:
        if step.tb_frame.f_globals["__name__"] != __name__:  # this module knows the key
            for value in step.tb_frame.f_locals.values():
                yield repr(value) + repr(getattr(value, "__dict__", ""))
        step = step.tb_next


def error_of(call: Call, url: str) -> RefonteError:
    with pytest.raises(RefonteError) as caught:
        call(Client(url), Secret(KEY), Deadline(0.5))
    return caught.value


def echo(exchange: Exchange) -> bool:
    """A vendor that tells every caller the key."""
    basic = base64.b64encode(f"{KEY}:".encode()).decode()
    exchange.send_json("401 Unauthorized", f"Wrong key {KEY} in Basic {basic}".encode())
    return True


def test_the_scan_sees_a_leak_that_is_planted() -> None:
    auth = (KEY, "")
    with pytest.raises(requests.ConnectionError) as caught:
        requests.get(f"http://127.0.0.1:{port_of_nobody()}", auth=auth, timeout=1)
    assert any(leaks(text) for text in everything(caught.value))
    assert leaks("Basic " + base64.b64encode(f"{KEY}:".encode()).decode())


FAULTS = ["never_answers", "closed_after_acting", "reset_mid_body", "garbage_status", "401", "500"]
ODD = [
    "200_login_page",
    "truncated_json",
    "gzip_garbage",
    "other_shape",
    "302_other_host",
    "nested",
]


@pytest.mark.parametrize("call", [READS["get"], WRITES["create"]], ids=["get", "create"])
@pytest.mark.parametrize("fault", [*FAULTS, *ODD, echo])
def test_no_error_carries_the_key(
    fault: str | Fault, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), FaultServer(fault) as vendor:
        error = error_of(call, vendor.url)
    assert (error.__cause__, error.__context__) == (None, None)
    assert not [text for text in everything(error) if leaks(text)]
    assert not leaks(pickle.dumps(error).decode("latin-1"))
    assert not [record for record in caplog.records if leaks(repr(vars(record)))]


def test_an_error_before_sending_carries_no_key() -> None:
    error = error_of(WRITES["create"], f"http://127.0.0.1:{port_of_nobody()}")
    assert (error.__cause__, error.__context__) == (None, None)
    assert not [text for text in everything(error) if leaks(text)]


def test_nothing_that_the_client_keeps_holds_the_key() -> None:
    with FaultServer() as vendor:
        client = Client(vendor.url)
        READS["get"](client, Secret(KEY), Deadline(5))
        assert not leaks(repr(reachable(client)))


def reachable(root: object, depth: int = 12) -> list[object]:
    """What hangs on `root`: instances, containers and texts, not classes, modules or code."""
    seen: dict[int, object] = {id(root): root}
    level = [root]
    for _ in range(depth):
        below = gc.get_referents(*level)
        plain = (dict, list, tuple, set, str, bytes)
        level = [
            item
            for item in below
            if id(item) not in seen
            and (
                isinstance(item, plain)
                or type(item).__module__.startswith(("batches", "req", "url"))
            )
        ]
        seen |= {id(item): item for item in level}
    return [item for item in seen.values() if isinstance(item, str | bytes)]


def as_go(text: str) -> str:
    """JSON as Go writes it."""
    written = json.dumps(text)
    return written.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")


def all_by_number(text: str) -> str:
    return '"' + "".join(f"\\u{ord(char):04x}" for char in text) + '"'


@pytest.mark.parametrize("key", ["live_0123456789", r'live_"quoted"/\slashed', "live_a&b<c>d1234"])
@pytest.mark.parametrize("write", [json.dumps, as_go, all_by_number])
def test_a_batch_that_echoes_the_key_is_given_without_it(
    write: Callable[[str], str], key: str
) -> None:
    told = write(key)
    sent = f'{{"sent_with": [{told}, {{{told}: {told}}}, {write(json.dumps({"k": key}))}]}}'
    with FaultServer(answer=f'{{"name": "kitten-07", "metadata": {sent}}}'.encode()) as server:
        answer = Client(server.url).get_batch(Secret(key), "kitten-07", deadline=Deadline(2))

    assert answer.data.name == "kitten-07"
    shown = ["[key]", {"[key]": "[key]"}, '{"k": "[key]"}']
    assert answer.payload["metadata"] == {"sent_with": shown}


def test_a_name_that_holds_the_key_is_no_name_and_never_another_one() -> None:
    told = b'{"docs": [{"name": "kitten-123456789012"}, {"name": "kitten-07"}]}'
    with FaultServer(answer=told) as server:
        key = Secret("123456789012")
        answer = Client(server.url).list_batches(key, ListQuery(), deadline=Deadline(2))

    assert [batch.name for batch in answer.data.batches] == ["kitten-07"]
    assert answer.data.rows_received == 2


def test_a_key_of_digits_is_hidden_where_it_is_told_as_a_number() -> None:
    told = b'{"name": "kitten-07", "metadata": {"account": 123456789012, "version": 2}}'
    with FaultServer(answer=told) as server:
        key = Secret("123456789012")
        answer = Client(server.url).get_batch(key, "kitten-07", deadline=Deadline(2))

    assert answer.payload["metadata"] == {"account": "[key]", "version": 2}


@pytest.mark.parametrize("write", [json.dumps, as_go, all_by_number])
def test_the_log_of_an_answer_not_understood_holds_no_key(
    write: Callable[[str], str], caplog: pytest.LogCaptureFixture
) -> None:
    key = "live_a&b<c>d1234"
    told = f'{{"no batch": {write(key)}}}'.encode()
    with FaultServer(answer=told) as server, pytest.raises(BadAnswer):
        Client(server.url).get_batch(Secret(key), "kitten-07", deadline=Deadline(2))

    assert vars(caplog.records[-1])["vendor_excerpt"] == '{"no batch": "[key]"}'
