"""What a hostile hand may type, send or claim: answered in words, with the right status."""

import time
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client, RequestFactory
from django.utils.html import escape
from pytest_django.fixtures import Settings

from batches.models import ApiKey, Operation, SeenBatch
from batches.sandbox import Sandbox
from batches.services.batches.filters import PRESETS
from tests.security.conftest import Console

pytestmark = pytest.mark.unmeasured  # other tests take these paths; measuring doubles the time

FORM = "application/x-www-form-urlencoded"
MOST_SECONDS = 20  # of the processor's time; each answer takes less than 0.5


@pytest.fixture(autouse=True)
def _no_input_makes_an_answer_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(client: Any, method: str, path: str, *sent: Any, **more: Any) -> Any:
        started = time.thread_time()
        answer: Any = RequestFactory.generic(client, method, path, *sent, **more)
        assert time.thread_time() - started < MOST_SECONDS, f"{method} {path[:100]}"
        return answer

    monkeypatch.setattr(Client, "generic", ask)


def query(**values: str) -> str:
    return urlencode(values, errors="surrogatepass")


def post(client: Client, path: str, **values: Any) -> Any:
    """As bytes, so that half characters get through as well."""
    body = urlencode(values, doseq=True, errors="surrogatepass")
    return client.post(path, body, content_type=FORM)


# The list's address

ADDRESSES = {
    "limit": ["abc", "-1", "9" * 23, "٣", "1_000", "0", "101"],
    "seen": ["abc", "-1", "9" * 23, "٣", "1_000"],
    "before": ["x", "0000-00-00T00:00:00.000Z", "2026-01-01", "0001-01-01T00:00:00.000Z,99999"],
    "status": ["no such", "a" * 10_000, "\0"],
    "start_time": ["2020-13-45", "10000-01-01", "0001-01-01", "1969-12-31", "٢٠٢٠-01-01"],
    "end_time": ["2020-13-45", "10000-01-01", "9999-12-31", "9001-01-01"],
    "created": ["8d", "-1", "\0"],
    "tz": ["Mars/Olympus", "../../etc/passwd", "a" * 10_000],
    "q": ["\0", "a" * 1_025],
    "project": ["\0", "a" * 1_025],
}


# The list stays where only its days cannot be meant.
DAYS = frozenset({"start_time", "end_time", "created", "tz"})


@pytest.mark.parametrize("name", ADDRESSES)
def test_nonsense_in_the_lists_address_is_said_at_its_field(
    name: str, console: Console, as_alice: Client, refonte: Sandbox
):
    refonte.forget_calls()
    for value in ADDRESSES[name]:
        address = f"/batches/?{query(key=console.ref('alice'), **{name: value})}"
        answer = as_alice.get(address)
        assert answer.status_code == 400, value[:30]
        assert f'id="id_{name}_error"' in answer.text
    assert bool(refonte.calls) == (name in DAYS)


@pytest.mark.parametrize("name", ["limit", "status", "q", "start_time", "before"])
def test_the_same_parameter_twice_is_refused(name: str, console: Console, as_alice: Client):
    answer = as_alice.get(f"/batches/?key={console.ref('alice')}&{name}=1&{name}=2")
    assert answer.status_code == 400


def test_the_first_and_last_days_there_are_can_be_asked_for(console: Console, as_alice: Client):
    for tz in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"):
        for days in (("1970-01-01", "1970-01-01"), ("9000-12-31", "9000-12-31")):
            asked = query(key=console.ref("alice"), tz=tz, start_time=days[0], end_time=days[1])
            page = as_alice.get(f"/batches/?{asked}")
            assert page.status_code == 200
            assert f'value="{days[0]}"' in page.text


def test_a_start_after_its_end_is_refused(console: Console, as_alice: Client):
    asked = query(key=console.ref("alice"), start_time="2026-02-02", end_time="2026-02-01")
    assert "before the first" in as_alice.get(f"/batches/?{asked}").text


@pytest.mark.parametrize(
    "text", ["(", "(a+)+$" + "a" * 60, "%", "_", "'", '" hx-get="/x', "{{7*7}}"]
)
def test_a_search_is_text(text: str, console: Console, as_alice: Client):
    SeenBatch.objects.create(fingerprint="x", name="a", seen_at="2026-11-23T00:00:00Z")
    page = as_alice.get(f"/batches/?{query(key=console.ref('alice'), q=text)}")
    assert page.status_code == 200
    assert f'value="{escape(text)}"' in page.text
    assert 'hx-get="/x' not in page.text
    assert ">49<" not in page.text


@pytest.mark.parametrize("preset", PRESETS)
def test_extremes_of_the_poll_are_answered(preset: str, console: Console, as_alice: Client):
    path = f"/batches/live/?{query(key=console.ref('alice'), created=preset)}"
    for since in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        assert as_alice.post(path, {"since": since}).status_code in {200, 204}
    for since in ("", "abc", "2026-01-01", "9" * 5_000, "\0"):
        assert as_alice.post(path, {"since": since}).status_code == 400
    rows = ",".join(["~", "~AA", "é", "a" * 9_000, "..", ""] * 50)
    for sent in (rows, [rows, rows], "," * 500_000):
        data = {"since": "2026-01-01T00:00:00+00:00", "rows": sent}
        assert as_alice.post(path, data).status_code in {200, 204}


# Forms that write

NAMES = ["", " ", ".", "..", "\0", "a\nb", "a\x85b", "a\u202eb", "a\u2028b", "a" * 256]
PRIORITIES = ["9", "31", "1e1", "10.0", "٢٠", "", "0x14", "-10", "+20", "1" * 5_000, "20 20"]
CALLBACKS = ["javascript:alert(1)", "ftp://a.example", "//x", "https://127.0.0.1", "http://[::1]/"]
CALLBACKS += ["http://169.254.169.254/", "https://u:p@a.example", "https://a.example:99999"]
CALLBACKS += [
    "https://ab.example\\@evil.example/",
    "https://a.example/\nX: y",
    "https://a." + "a" * 3_000,
]
CALLBACKS += ["http://2130706433/", "http://0x7f.1/", "http://localhost./", "https://аpple.example"]
FLAGS = ["maybe", "2", "\0", "a" * 5_000]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", NAMES),
        ("callback", CALLBACKS),
        ("calibration_batch", FLAGS),
        ("project", ["", "\0"]),
    ],
)
def test_a_new_batch_is_refused_at_its_field_and_nothing_typed_is_lost(
    field: str, values: list[str], console: Console, as_alice: Client, refonte: Sandbox
):
    refonte.forget_calls()
    for value in values:
        data = console.fields("alice") | {"project": "kittens & co", "name": "new-one"}
        answer = post(as_alice, "/batches/new/", **data | {field: value})
        assert answer.status_code == 422, value[:30]
        assert f'id="id_{field}_error"' in answer.text, value[:30]
        kept = 'value="new-one"' if field != "name" else 'value="kittens &amp; co"'
        assert kept in answer.text
    assert refonte.calls_to("POST", "/batches") == []


@pytest.mark.parametrize("value", PRIORITIES)
def test_a_priority_is_a_whole_number_in_plain_digits(
    value: str, console: Console, as_alice: Client
):
    data = console.fields("alice") | {"priority": value}
    answer = post(as_alice, "/batches/kitten-07/prioritize/", **data)
    assert answer.status_code == 422
    assert 'id="id_priority_error"' in answer.text
    assert Operation.objects.count() == 1


@pytest.mark.parametrize("value", ["", "x", "0" * 5_000, "\0", ["a", "b"]])
def test_a_form_without_a_usable_id_is_drawn_again(value: Any, console: Console, as_alice: Client):
    data = console.fields("alice") | {"form_id": value, "priority": "20"}
    assert post(as_alice, "/batches/kitten-07/prioritize/", **data).status_code == 422


def test_fields_that_no_form_has_change_nothing(
    console: Console, as_alice: Client, refonte: Sandbox
):
    bob = str(console.people["bob"].pk)
    extra = {
        "owner": bob,
        "user": bob,
        "status": "completed",
        "is_staff": "1",
        "state": "succeeded",
    }
    data = console.fields("alice", project="kittens", name="new-one") | extra
    assert as_alice.post("/batches/new/", data).status_code == 302
    sent = refonte.calls_to("POST", "/batches")[0].body
    assert b"owner" not in sent
    assert b"status" not in sent
    as_alice.post(
        "/preferences/", {"theme": "dark", "page_size": "50", "is_superuser": "1"} | extra
    )
    alice = console.people["alice"]
    alice.refresh_from_db()
    assert (alice.is_staff, alice.is_superuser) == (False, False)
    assert Operation.objects.get(batch_name="new-one").user == alice


def test_nobody_operates_with_the_key_of_another(console: Console, as_alice: Client):
    for path in ("/batches/new/", "/batches/kitten-07/finalize/"):
        answer = as_alice.post(path, console.fields("bob", project="kittens", name="new-one"))
        assert answer.status_code == 409
        assert "Nothing was sent" in answer.text
    assert Operation.objects.count() == 1


def test_a_key_of_another_is_not_replaced_by_its_id(console: Console, as_alice: Client):
    before = ApiKey.objects.get(id=console.keys["bob"].id).sealed
    answer = as_alice.post(f"/keys/{console.keys['bob'].id}/replace/", {"api_key": "my-own-key-1"})
    assert answer.status_code == 404
    assert ApiKey.objects.get(id=console.keys["bob"].id).sealed == before


@pytest.mark.parametrize("value", ["\0", "9" * 30, "-1", "x", "1 ", "٣", ""])
def test_the_admin_takes_no_id_that_no_row_can_have(value: str, console: Console):
    client, bob = console.browser("ada"), console.people["bob"].pk
    chosen = {"action": "delete_selected", "index": "0", "_selected_action": value}
    account = {"username": "bob", "groups": ["1", value]}
    for path, sent in (
        ("/admin/auth/user/", chosen),
        ("/admin/auth/user/", chosen | {"post": "yes"}),
        (f"/admin/auth/user/{bob}/change/", account),
        ("/admin/auth/group/1/change/", {"permissions": value}),
    ):
        answer = post(client, path, **sent)
        assert answer.status_code == 400, (path, value)
        assert "not understood" in answer.text


@pytest.mark.parametrize("value", ["%00", "9" * 30, "-1", "x"])
def test_the_admin_finds_no_row_by_what_is_no_id(value: str, console: Console):
    client = console.browser("ada")
    for path in ("user/{}/change/", "user/{}/password/", "user/{}/delete/", "group/{}/history/"):
        answer = client.get(f"/admin/auth/{path.format(value)}")
        assert answer.status_code in {302, 403, 404}, path  # 403: nothing is deleted there
    for asked in ("id__exact", "groups__id__exact", "p", "o", "q", "is_active__exact"):
        answer = client.get(f"/admin/auth/user/?{asked}={value}")
        assert answer.status_code in {200, 302, 400}, asked


# Bodies, paths, headers


@pytest.mark.parametrize(
    "path", ["/batches/new/", "/keys/add/", "/accounts/login/", "/preferences/"]
)
def test_bodies_too_large_or_too_many_fields_are_refused_in_words(
    path: str, console: Console, as_alice: Client
):
    client = Client(raise_request_exception=False) if "login" in path else as_alice
    for data in ({"name": "a" * 3_000_000}, {f"f{n}": "" for n in range(1_001)}):
        answer = post(client, path, **data)
        assert answer.status_code == 400
        assert "not understood" in answer.text


BROKEN = ("%00", "%ff", "%0d%0a", "%", "%zz", "..%2f..", "~_w", "~Li4", "%e2%80%ae")


@pytest.mark.parametrize(
    "folder", ["/", "/batches/", "/keys/", "/operations/", "/static/", "/admin/"]
)
def test_broken_paths_are_not_found_and_split_no_header(folder: str, console: Console):
    client = console.browser("ada")
    for path in (f"{folder}{broken}{end}" for broken in BROKEN for end in ("", "/")):
        answer = client.get(path)
        assert answer.status_code in {301, 302, 400, 404}, path
        assert "\n" not in answer.get("Location", ""), path


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "a b", ""])
def test_a_host_that_is_not_ours_is_refused(host: str, as_alice: Client):
    answer = as_alice.get("/preferences/", HTTP_HOST=host)
    assert answer.status_code == 400
    assert "evil" not in answer.text


def test_forwarded_headers_of_anybody_change_nothing(console: Console, as_alice: Client):
    claims = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Port": "1",
        "X-Forwarded-For": "6.6.6.6",
        "X-Original-URL": "/admin/",
        "X-Rewrite-URL": "/admin/",
        "X-HTTP-Method-Override": "DELETE",
        "Forwarded": "host=evil.example",
    }
    page = as_alice.get(f"/batches/kitten-07/?key={console.ref('alice')}", headers=claims)
    assert page.status_code == 200
    assert "evil.example" not in page.text
    assert "http://testserver/batches/kitten-07/" in page.text


@pytest.mark.parametrize("name", ["HX-Current-URL", "HX-Target", "HX-Trigger", "HX-Prompt"])
def test_htmx_headers_are_claims(name: str, console: Console, as_alice: Client):
    for value in ('"><script>alert(1)</script>', "//evil.example", "a" * 5_000, "%00"):
        headers = {"HX-Request": "true", name: value, f"{name}-URI-AutoEncoded": "true"}
        answer = as_alice.post("/batches/new/", console.fields("alice"), headers=headers)
        assert answer.status_code == 422, value
        assert 'name="project"' in answer.text
        told = answer.text + repr(answer.headers)
        assert "<script>alert" not in told
        assert "evil.example" not in told


# Where one is sent

ELSEWHERE = [
    "//evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    "https://host@evil.example",
]
ELSEWHERE += [
    "https://evil.example",
    "///evil.example",
    "http:evil.example",
    "\tjavascript:x",
    "/\t/evil",
]
ELSEWHERE += [
    "https://testserver@evil.example/",
    "https:///evil.example",
    "\\\\evil.example",
    "%00",
]


@pytest.mark.parametrize("address", ELSEWHERE)
def test_after_the_sign_in_one_is_on_this_site(address: str, console: Console):
    client = console.browser("nobody")
    word = {"username": "alice", "password": "alice-has-a-password", "next": address}
    answer = client.post(f"/accounts/login/?{query(next=address)}", word)
    assert answer["Location"] in {"/", "%00"}
    again = client.get(f"/accounts/login/?{query(next=address)}")
    assert again["Location"] in {"/", "%00"}
    out = client.post("/accounts/logout/", {"next": address})
    assert "evil" not in out["Location"]


def test_the_zone_of_a_browser_is_a_zone(console: Console, as_alice: Client, settings: Settings):
    for zone in ("", "Mars/Olympus", "../../../etc/passwd", "\0", "a" * 5_000):
        assert post(as_alice, "/preferences/zone/", zone=zone).status_code == 422
