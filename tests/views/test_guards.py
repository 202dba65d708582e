"""The door every view stands behind: method, role, key."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.asserts import assertContains, assertRedirects, assertTemplateUsed

from batches.models import ApiKey
from batches.services.keys.types import KeyHandle
from tests.support.vendor import KeyMaker

pytestmark = [pytest.mark.urls("tests.support.guarded_views"), pytest.mark.django_db]

Browse = Callable[[User], Client]
READ, WRITE = "/guarded/read/", "/guarded/write/"
HTMX = {"HX-Request": "true"}
POLL = HTMX | {"X-Poll": "1"}


@pytest.fixture
def live(alice: User, key_for: KeyMaker) -> KeyHandle:
    return key_for(alice)


@pytest.fixture
def test_key(alice: User, key_for: KeyMaker) -> KeyHandle:
    return key_for(alice, mode="test")


def test_nobody_is_sent_to_sign_in(client: Client) -> None:
    assertRedirects(client.get(READ), f"/accounts/login/?next={READ}")


def test_an_account_in_no_group_reads_nothing_and_is_told_so(
    charlie: User, browse: Browse, key_for: KeyMaker
) -> None:
    key_for(charlie)

    answer = browse(charlie).get(READ)
    assertContains(answer, "Your account has no role yet", status_code=403)
    assertContains(answer, ">No role yet</h1>", status_code=403)


def test_a_viewer_reads_and_does_not_operate(vera: User, browse: Browse, key_for: KeyMaker) -> None:
    key, client = key_for(vera), browse(vera)

    assertContains(client.get(READ, {"key": key.ref}), f"read with {key.ref}")
    refused = client.post(WRITE, {"key": key.ref})
    assertContains(refused, "not operate on them", status_code=403)


def test_only_an_admin_gets_where_only_admins_may(alice: User, ada: User, browse: Browse) -> None:
    assert browse(ada).get("/guarded/admin/").status_code == 200
    refused = browse(alice).get("/guarded/admin/")
    assertContains(refused, "Only administrators", status_code=403)


@pytest.mark.parametrize("method", ["put", "delete", "patch", "trace", "options"])
def test_a_method_that_no_view_has_is_405(as_alice: Client, method: str) -> None:
    assert getattr(as_alice, method)(READ).status_code == 405


def test_a_post_to_a_page_is_405(as_alice: Client) -> None:
    assert as_alice.post("/guarded/missing/").status_code == 405


def test_what_was_not_found_for_this_user_is_404(as_alice: Client) -> None:
    assert as_alice.get("/guarded/missing/").status_code == 404
    assert as_alice.get("/guarded/missing/?thing=found").content == b"found"


def test_a_page_without_a_key_in_its_address_gets_it_there(
    as_alice: Client, live: KeyHandle
) -> None:
    answer = as_alice.get(READ, {"status": "staging", "q": "ü&=", "key": ""})

    assert answer["Location"] == f"{READ}?status=staging&q=%C3%BC%26%3D&key={live.ref}"


def test_a_fragment_is_not_redirected(as_alice: Client, live: KeyHandle) -> None:
    assertContains(as_alice.get(READ, headers=HTMX), live.ref)


def test_a_key_that_stands_in_draws_the_page(as_alice: Client, live: KeyHandle) -> None:
    assertContains(as_alice.get(READ, {"key": "live-00000000"}), live.ref)


def test_without_any_key_a_page_says_how_to_get_one(as_alice: Client) -> None:
    answer = as_alice.get(READ)

    assertContains(answer, "No API key yet")
    assertTemplateUsed(answer, "keys/no_key.html")


def test_without_a_key_of_the_mode_the_other_keys_are_offered(
    as_alice: Client, live: KeyHandle
) -> None:
    answer = as_alice.get(READ, {"key": "test-00000000"})

    assertContains(answer, "This page needs a Test key")
    assertContains(answer, f"/guarded/read/?key={live.ref}")


def test_a_fragment_without_a_key_says_so_beside_the_page(as_alice: Client) -> None:
    answer = as_alice.get(READ, headers=HTMX)

    assertContains(answer, "You have no API key yet", status_code=409)
    assert answer["HX-Retarget"] == "#messages"


def test_a_write_goes_with_the_key_of_its_page(as_alice: Client, live: KeyHandle) -> None:
    assertContains(as_alice.post(WRITE, {"key": live.ref}), f"POST with {live.ref}")


@pytest.mark.parametrize("ref", ["", "live-00000000", "nonsense"])
def test_a_write_with_no_such_key_is_refused_in_words(
    as_alice: Client, live: KeyHandle, ref: str
) -> None:
    answer = as_alice.post(WRITE, {"key": ref})

    assertContains(answer, "Nothing was sent", status_code=409)
    again = f"{WRITE}?key={ref}" if ref else WRITE
    assertContains(answer, f'href="{again}"', status_code=409)


def test_a_switch_to_live_elsewhere_does_not_turn_a_test_form(
    as_alice: Client, live: KeyHandle, test_key: KeyHandle
) -> None:
    answer = as_alice.post(f"{WRITE}?key={live.ref}", {"key": test_key.ref})

    assert answer.status_code == 409


def test_a_write_with_a_key_replaced_since_is_refused(as_alice: Client, live: KeyHandle) -> None:
    ApiKey.objects.filter(id=live.id).update(earlier=["0123456789abcdef"])

    assert as_alice.post(WRITE, {"key": "live-01234567"}).status_code == 409


def test_a_refused_dialog_keeps_its_page(as_alice: Client, live: KeyHandle) -> None:
    answer = as_alice.post(WRITE, {"key": "live-00000000"}, headers=HTMX)

    assertContains(answer, "The key of this page was deleted", status_code=409)
    assert answer["HX-Reswap"] == "beforeend"


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_operates_with_a_shared_key(
    as_alice: Client, bob: User, key_for: KeyMaker, method: str
) -> None:
    shared = key_for(bob, is_shared=True)

    assertContains(as_alice.get(READ, {"key": shared.ref}), shared.ref)
    answer = getattr(as_alice, method)(WRITE, {"key": shared.ref})
    assertContains(answer, "shared with you for reading", status_code=403)


def test_another_users_key_is_as_unknown_as_any(
    as_alice: Client, bob: User, key_for: KeyMaker
) -> None:
    theirs = key_for(bob)

    assertTemplateUsed(as_alice.get(READ, {"key": theirs.ref}), "keys/no_key.html")
    assert as_alice.post(WRITE, {"key": theirs.ref}).status_code == 409


def test_a_poll_never_reads_with_another_key(as_alice: Client, live: KeyHandle) -> None:
    answer = as_alice.post(READ, {"key": "live-00000000"}, headers=POLL)

    assertContains(answer, "no longer refreshed")
    assert live.ref.encode() not in answer.content


def test_a_poll_with_the_key_of_its_page_goes_on(as_alice: Client, live: KeyHandle) -> None:
    ApiKey.objects.filter(id=live.id).update(earlier=["0123456789abcdef"])

    for ref in (live.ref, "live-01234567"):
        assertContains(as_alice.post(READ, {"key": ref}, headers=POLL), live.ref)


def test_a_poll_whose_last_key_was_deleted_stops(as_alice: Client) -> None:
    answer = as_alice.post(READ, {"key": "live-00000000"}, headers=POLL)

    assertContains(answer, "no longer refreshed")
    assertContains(answer, 'id="poller" data-poll hx-swap-oob="true"')


def test_a_key_that_does_not_open_asks_its_owner_for_it(as_alice: Client, live: KeyHandle) -> None:
    answer = as_alice.get("/guarded/sealed/", {"key": live.ref})

    assertContains(answer, "This key does not open.")
    assertContains(answer, f"/keys/{live.id}/replace/")


def test_a_row_whose_encryption_key_is_missing_asks_for_it_at_once(
    as_alice: Client, live: KeyHandle
) -> None:
    ApiKey.objects.update(sealed_with="gone")

    assertContains(as_alice.get(READ, {"key": live.ref}), "Enter this key again")
    answer = as_alice.post(WRITE, {"key": live.ref}, headers=HTMX)
    assertContains(answer, "Enter this key again", status_code=409)


def test_a_shared_key_that_does_not_open_names_its_owner(
    as_alice: Client, bob: User, key_for: KeyMaker
) -> None:
    shared = key_for(bob, is_shared=True)
    ApiKey.objects.update(sealed_with="gone")

    assertContains(as_alice.get(READ, {"key": shared.ref}), "has to enter this key again")


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [("/guarded/admin/", 403, "Only administrators"), ("/no-such/", 404, "There is nothing here")],
)
def test_what_is_refused_to_htmx_is_said_beside_the_page(
    path: str, status: int, words: str, as_alice: Client
) -> None:
    answer = as_alice.get(path, headers=HTMX)

    assertContains(answer, words, status_code=status)
    assert (answer["HX-Retarget"], answer["HX-Reswap"]) == ("#messages", "beforeend")
    assert "<html" not in answer.text
    assert "HX-Retarget" not in as_alice.get(path, headers=POLL)
