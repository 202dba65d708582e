"""What the page frame shows on every page: who, which key, which zone."""

from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import escape_uri_path

from batches.models import Preferences
from batches.services.keys import choose_key
from batches.services.page_key import KeyChoice, PageKey
from batches.services.preferences import preferences_of, zone_of
from batches.services.roles import Role, role_of
from batches.views.access import named_keys
from batches.views.list_page import own_list_url
from dashboard.typed import typed_fields

NOBODYS = KeyChoice(key=None, keys=(), asked="")
# Parameters that point into one key's list: with another key they would point elsewhere.
PAGING = ("before", "seen", "offset")


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `frame` for base.html."""
    return {"frame": Frame(request)}


class SwitchKey:
    """A key in the switcher, with the address that shows this page with it."""

    def __init__(self, key: PageKey, switch_url: str) -> None:
        self.key = key
        self.switch_url = switch_url

    def __getattr__(self, name: str) -> Any:
        return getattr(self.key, name)


class Frame:
    """Read by templates only as far as a page needs it, so that fragments cost nothing."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.csrf_cookie = settings.CSRF_COOKIE_NAME
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
        """Where a browser in another zone is to tell it; empty where the person chose one."""
        wanted = self.user.is_authenticated and not self.preferences.zone
        return reverse("preferences:zone") if wanted else ""

    @cached_property
    def nav(self) -> str:
        """The noun of this page: the namespace of its address."""
        match = self.request.resolver_match
        return match.namespaces[0] if match and match.namespaces else ""

    @cached_property
    def choice(self) -> KeyChoice:
        """As the view settled it; else, on pages that need no key, as the address names it."""
        settled: KeyChoice | None = getattr(self.request, "key_choice", None)
        if settled:
            return settled
        if not isinstance(self.user, User) or not self.role.includes(Role.VIEWER):
            return NOBODYS
        return choose_key(user=self.user, ref=next(iter(named_keys(self.request)), ""))

    @property
    def key(self) -> PageKey | None:
        return self.choice.key

    @property
    def key_note(self) -> str:
        """What to say about a key that stands in for the one the address names."""
        return self.choice.note if self.choice.key else ""

    @property
    def drawn_again_because(self) -> str:
        """What stands above a form that was sent and is drawn once more."""
        return getattr(self.request, "drawn_again_because", "")

    @property
    def watch_url(self) -> str:
        """Where this page's key is put under Keep watch."""
        key = self.key
        return f"{reverse('keys:list')}?key={key.ref}#key-{key.id}" if key else ""

    @property
    def list_url(self) -> str:
        """The list, under this page's key."""
        return own_list_url(self.user, self.key.ref if self.key else "")

    @property
    def keys(self) -> list[SwitchKey]:
        return [SwitchKey(key, self._switch_url(key)) for key in self.choice.keys]

    @property
    def can_read(self) -> bool:
        """Whether the account has a role: without one every way leads to the same refusal."""
        return self.role.includes(Role.VIEWER)

    @property
    def can_operate(self) -> bool:
        """The role and the key allow writing; the server decides again on each request."""
        may = self.role.includes(Role.OPERATOR)
        return may and (self.key is None or self.key.can_operate)

    def _switch_url(self, key: PageKey) -> str:
        """A list keeps its filters; a page about one thing of a key gives way to the list.

        So does every answer to a POST, also a form that is drawn again as if by a GET: what was
        typed in it belongs into no address.
        """
        match = self.request.resolver_match
        if match is None or match.kwargs or self.request.META["REQUEST_METHOD"] == "POST":
            return own_list_url(self.user, key.ref)
        query = urlencode([*self._kept, ("key", key.ref)])
        return f"{escape_uri_path(self.request.path)}?{query}"

    @cached_property
    def _kept(self) -> list[tuple[str, str]]:
        """What an address says beside its key; a secret in it is not handed on."""
        said = typed_fields(self.request.GET).lists()
        left_out = (*PAGING, "key")
        return [(name, value) for name, values in said for value in values if name not in left_out]
