"""To follow something, to mute a batch, and the page of all that is followed."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from batches.models import ApiKey, Channel, Delivery, Follow, NoticeSetting, Scope
from batches.services.keys.types import KeyHandle, ViewerKey
from batches.services.notices import channels, follows
from batches.services.notices.events import BELL, EVENTS, MAIL
from batches.services.notices.follows import FOLLOWS_MAX
from tests.support.notices import NAME, OF_KEY, OF_PROJECT, PROJECT, follow
from tests.support.pages import Browse, text_of
from tests.support.vendor import KeyMaker

HTMX = {"HX-Request": "true"}


@pytest.fixture
def shared(alice: User, key_for: KeyMaker) -> ViewerKey:
    return key_for(alice, is_shared=True)


@pytest.fixture
def as_vera(browse: Browse, vera: User, settings: Settings) -> Client:
    """Who may read only, and has an address."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    vera.email = "vera@example.com"
    vera.save()
    return browse(vera)


def post(client: Client, key: KeyHandle, path: str = "edit", **fields: Any) -> Any:
    data = {"key": key.ref, "batch": NAME, "project": PROJECT} | fields
    return client.post(f"/follows/{path}/?key={key.ref}", data)


def form_of(client: Client, key: KeyHandle, query: str = f"&batch={NAME}&project={PROJECT}") -> str:
    return client.get(f"/follows/edit/?key={key.ref}{query}", headers=HTMX).content.decode()


def ticked(form: str) -> set[str]:
    pieces = form.split("<input")
    checked = [piece for piece in pieces if 'name="tell"' in piece and "checked" in piece]
    return {piece.partition('value="')[2].partition('"')[0] for piece in checked}


def test_a_batch_is_followed_by_who_reads_with_a_shared_key(
    as_vera: Client, vera: User, shared: ViewerKey
):
    tell = ["completed:bell", "stalled:bell", "stalled:mail"]
    done = post(as_vera, shared, scope="batch", tell=tell, back="batch")
    assert done["Location"] == f"/batches/{NAME}/?key={shared.ref}"
    row = Follow.objects.get()
    assert (row.user, row.scope, row.name) == (vera, Scope.BATCH, NAME)
    assert row.choices == {"completed": [BELL], "stalled": [BELL, MAIL]}
    assert ticked(form_of(as_vera, shared)) == set(tell)


def test_a_project_and_a_whole_key_are_followed_with_rows_of_their_own(
    as_vera: Client, shared: ViewerKey
):
    post(as_vera, shared, scope="project", tell=["completed:bell"])
    post(as_vera, shared, scope="key", tell=["completed:bell"], batch="", project="")
    found = Follow.objects.order_by("scope").values_list("scope", "name")
    assert list(found) == [("key", ""), ("project", PROJECT)]
    page = text_of(as_vera.get(f"/follows/?key={shared.ref}"))
    assert f"All of {PROJECT}" in page
    assert f"All of {shared.label}" in page
    assert "In the page: Done" in page


def test_who_follows_for_the_first_time_finds_ticks_and_can_change_them(
    as_vera: Client, shared: ViewerKey
):
    first = ticked(form_of(as_vera, shared))
    assert {f"{event.kind}:bell" for event in EVENTS} < first
    assert "completed:mail" in first
    assert "errors:mail" not in first


@pytest.mark.parametrize(
    ("backend", "address", "words"),
    [
        ("dummy", "vera@example.com", "has no mail server"),
        ("locmem", "", "your account has no address"),
    ],
)
def test_without_a_way_to_send_mail_there_is_no_column_for_it_but_the_reason(
    as_vera: Client,
    shared: ViewerKey,
    settings: Settings,
    backend: str,
    address: str,
    words: str,
):
    settings.EMAIL_BACKEND = f"django.core.mail.backends.{backend}.EmailBackend"
    User.objects.update(email=address)
    form = form_of(as_vera, shared)
    assert ":mail" not in form
    assert words in form
    assert words in text_of(as_vera.get(f"/follows/?key={shared.ref}"))


def test_a_channel_has_a_column_of_its_own_and_nobody_elses_has(
    as_vera: Client, vera: User, alice: User, shared: ViewerKey, settings: Settings
):
    settings.NOTIFY_ALLOW = ["https://hooks.example.com"]
    own, other = (
        channels.add_channel(user=user, label=label, url="https://hooks.example.com/a")
        for user, label in ((vera, "#labelling-ops"), (alice, "#alice"))
    )
    form = form_of(as_vera, shared)
    assert f"completed:{own.pk}" in form
    assert "#labelling-ops" in form
    assert "#alice" not in form
    refused = post(as_vera, shared, scope="batch", tell=[f"completed:{other.pk}"])
    assert refused.status_code == 422
    assert not Follow.objects.exists()


def test_unfollow_ends_it_and_so_does_a_form_without_a_tick(
    as_vera: Client, vera: User, shared: ViewerKey
):
    follow(vera, shared)
    post(as_vera, shared, scope="batch", do="unfollow", tell=["completed:bell"])
    assert not Follow.objects.exists()
    follow(vera, shared)
    post(as_vera, shared, scope="batch")
    assert not Follow.objects.exists()


def test_a_batch_is_muted_and_told_again(as_vera: Client, vera: User, shared: ViewerKey):
    post(as_vera, shared, "mute", muted="on")
    post(as_vera, shared, "mute", muted="on")
    assert Follow.objects.get().is_muted
    assert "Unmute this batch" in form_of(as_vera, shared)
    assert "Muted" in text_of(as_vera.get(f"/follows/?key={shared.ref}"))
    post(as_vera, shared, "mute", muted="")
    assert not Follow.objects.exists()


def test_what_was_chosen_for_a_muted_batch_comes_back_with_it(
    as_vera: Client, vera: User, shared: ViewerKey
):
    follow(vera, shared, BELL)
    post(as_vera, shared, "mute", muted="on")
    post(as_vera, shared, "mute", muted="")
    assert ticked(form_of(as_vera, shared)) == {f"{event.kind}:bell" for event in EVENTS}
    post(as_vera, shared, "mute", muted="on")
    post(as_vera, shared, scope="batch", do="unfollow")
    assert Follow.objects.get().is_muted


@pytest.mark.parametrize("path", ["edit", "mute"])
def test_nothing_is_followed_with_another_key_than_the_one_that_was_named(
    as_vera: Client, shared: ViewerKey, path: str
):
    gone = {"key": "live-00000000", "batch": NAME, "scope": "batch", "tell": "completed:bell"}
    answer = as_vera.post(f"/follows/{path}/?key=live-00000000", gone)
    assert answer.status_code == 404
    assert not Follow.objects.exists()


@pytest.mark.parametrize("name", ["a\0b", "x" * 1_025])
def test_what_is_no_name_is_not_followed(as_vera: Client, shared: ViewerKey, name: str):
    assert post(as_vera, shared, scope="batch", batch=name).status_code == 404
    assert as_vera.get("/follows/edit/", {"key": shared.ref, "batch": name}).status_code == 404


@pytest.mark.parametrize(
    "fields", [{}, {"scope": "key"}, {"scope": "all"}, {"scope": "batch", "tell": "completed:1"}]
)
def test_a_form_that_is_none_is_shown_again(
    as_vera: Client, shared: ViewerKey, fields: dict[str, str]
):
    assert post(as_vera, shared, **fields).status_code == 422


def test_there_is_a_limit(
    as_vera: Client, vera: User, shared: ViewerKey, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(follows, "FOLLOWS_MAX", 1)
    follow(vera, shared, BELL, thing=OF_KEY)
    refused = post(as_vera, shared, scope="batch", tell=["completed:bell"])
    assert refused.status_code == 422
    assert f"You follow {FOLLOWS_MAX}" not in refused.content.decode()
    assert "which is the limit" in refused.content.decode()
    assert (
        "which is the limit"
        in as_vera.get(post(as_vera, shared, "mute", muted="on")["Location"]).content.decode()
    )
    # what is there can be changed
    follow(vera, shared, MAIL, thing=OF_KEY)


def test_in_a_dialog_the_page_is_loaded_again(as_vera: Client, shared: ViewerKey):
    data = {"key": shared.ref, "scope": "key", "tell": "completed:bell"}
    done = as_vera.post(f"/follows/edit/?key={shared.ref}", data, headers=HTMX)
    assert done["HX-Redirect"] == f"/follows/?key={shared.ref}"


def test_what_was_followed_with_a_key_that_is_gone_says_so(
    as_vera: Client, vera: User, shared: ViewerKey
):
    follow(vera, shared, thing=OF_PROJECT)
    follow(vera, shared, thing=OF_KEY)
    ApiKey.objects.update(is_shared=False)
    page = text_of(as_vera.get("/follows/"))
    assert page.count("you may no longer read with this key") == 2


def test_the_form_says_when_nothing_but_the_bell_tells_something(
    as_vera: Client, vera: User, shared: ViewerKey
):
    NoticeSetting.objects.create(
        user=vera, quiet_from="22:00", quiet_until="07:00", digest_at="07:30"
    )
    form = " ".join(form_of(as_vera, shared).split())
    assert "Between 22:00 and 07:00 (UTC) only the bell" in form
    assert "Daily digest at 07:30." in form


def test_who_follows_what_is_seen_by_nobody_else(as_vera: Client, alice: User, shared: ViewerKey):
    follow(alice, shared, BELL)
    assert "Nothing yet" in text_of(as_vera.get(f"/follows/?key={shared.ref}"))
    assert not Delivery.objects.exists()
    assert not Channel.objects.exists()


def test_a_batch_that_no_address_can_name_is_followed_all_the_same(
    as_vera: Client, shared: ViewerKey
):
    post(as_vera, shared, scope="batch", batch="..", tell=["completed:bell"])
    page = as_vera.get(f"/follows/?key={shared.ref}")
    assert ".." in text_of(page)
    assert Follow.objects.get().name == ".."
