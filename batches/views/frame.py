"""What the frame shows around every page: person, key, time zone."""

from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.urls import reverse

from batches.models import Preferences
from batches.services.keys.choose import choose_key
from batches.services.keys.types import KeyChoice, ViewerKey
from batches.services.people.preferences import preferences_of, zone_of
from batches.services.people.roles import Role, role_of
from batches.views.addresses import named_key, own_list_url
from batches.views.key_switch import KEYS_SHOWN, SwitchKey, switched_page
from batches.views.request import unread_of

# Pages without an entry of their own in the navigation, by their names.
NEAR = {
    "overview": "overview",
    "projects": "overview",
    "selections": "batches",
    "bulks": "batches",  # a bulk that runs or has ended says so itself
    "views": "batches",
}
NO_CHOICE = KeyChoice(key=None, keys=(), requested_ref="")


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `frame` for base.html."""
    return {"frame": Frame(request)}


class Frame:
    """The values that base.html shows around a page."""

    # properties, as fragments are rendered without base.html: they pay for nothing of this
    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.csrf_cookie = settings.CSRF_COOKIE_NAME
        # htmx gives up after the call to Refonte has, so that its error can be shown
        self.timeout_ms = int((settings.REFONTE_TIMEOUT + 5) * 1000)

    @cached_property
    def user(self) -> User | AnonymousUser:
        return getattr(self.request, "user", AnonymousUser())

    @cached_property
    def role(self) -> Role:
        return role_of(self.user) if isinstance(self.user, User) else Role.NOBODY

    @cached_property
    def preferences(self) -> Preferences:
        return preferences_of(self.user)

    @property
    def theme(self) -> str:
        return self.preferences.theme

    @property
    def shortcuts(self) -> bool:
        return self.user.is_authenticated and self.preferences.shortcuts

    @property
    def zone_name(self) -> str:
        return zone_of(self.user).key

    @property
    def zone_url(self) -> str:
        """Where a browser in another zone sends it; empty where the person chose a zone."""
        wanted = self.user.is_authenticated and not self.preferences.zone
        return reverse("preferences:zone") if wanted else ""

    @cached_property
    def nav(self) -> str:
        """The entry of the navigation: the namespace of this address, or the one it is near."""
        if chosen := getattr(self.request, "nav", ""):
            return str(chosen)
        match = self.request.resolver_match
        if not match:
            return ""
        space = next(iter(match.namespaces), "")
        return NEAR.get(match.url_name or "", NEAR.get(space, space))

    @cached_property
    def choice(self) -> KeyChoice:
        """The key that the guard chose; on pages that need no key, that of the address."""
        # the view may have another key than the address, where the named one is gone
        chosen: KeyChoice | None = getattr(self.request, "key_choice", None)
        if chosen:
            return chosen
        # a sign-in page, or a person without a role: there is nothing to choose from
        if not isinstance(self.user, User) or not self.role.includes(Role.VIEWER):
            return NO_CHOICE
        return choose_key(user=self.user, ref=named_key(self.request))

    @property
    def batch_path(self) -> str:
        """The path of this page where it is a batch's: the search offers what can be done there."""
        match = self.request.resolver_match
        is_batch = match is not None and match.view_name == "batches:detail"
        return self.request.path if is_batch else ""

    @property
    def key(self) -> ViewerKey | None:
        return self.choice.key

    @property
    def key_note(self) -> str:
        """Why the page is read with another key than its address names."""
        return self.choice.note if self.choice.key else ""

    @property
    def retry_reason(self) -> str:
        """Why a form that was sent is shown again."""
        return getattr(self.request, "retry_reason", "")

    @property
    def unread(self) -> int:
        """Unread events of the bell. No query."""
        return unread_of(self.request)

    @property
    def watch_url(self) -> str:
        """The page that shows whether this page's key is watched in the background."""
        key = self.key
        return f"{reverse('keys:list')}?key={key.ref}#key-{key.id}" if key else ""

    @property
    def list_url(self) -> str:
        return own_list_url(self.user, self.key.ref if self.key else "")

    @property
    def keys(self) -> list[SwitchKey]:
        shown = switched_page(self.request)
        return [shown.with_key(self.user, key) for key in self.choice.keys[:KEYS_SHOWN]]

    @property
    def key_count(self) -> int:
        return len(self.choice.keys)

    @property
    def has_more_keys(self) -> bool:
        return self.key_count > KEYS_SHOWN

    @property
    def can_read(self) -> bool:
        """Whether the account has a role; without one every link would be refused."""
        return self.role.includes(Role.VIEWER)

    @property
    def can_operate(self) -> bool:
        """Whether to offer writes. The guard of each request decides again."""
        may = self.role.includes(Role.OPERATOR)
        return may and (self.key is None or self.key.can_operate)
