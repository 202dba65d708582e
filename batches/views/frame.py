"""What the page frame shows on every page: who, which key, which zone."""

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
from batches.views.key_switch import HELD, SwitchKey, page_of

NOBODYS = KeyChoice(key=None, keys=(), asked="")


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `frame` for base.html."""
    return {"frame": Frame(request)}


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
        return choose_key(user=self.user, ref=named_key(self.request))

    @property
    def key(self) -> ViewerKey | None:
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
        """Where this page's key is watched in the background, or not."""
        key = self.key
        return f"{reverse('keys:list')}?key={key.ref}#key-{key.id}" if key else ""

    @property
    def list_url(self) -> str:
        """The list, under this page's key."""
        return own_list_url(self.user, self.key.ref if self.key else "")

    @property
    def keys(self) -> list[SwitchKey]:
        """The first of them, own ones ahead."""
        shown = page_of(self.request)
        return [shown.with_key(self.user, key) for key in self.choice.keys[:HELD]]

    @property
    def key_count(self) -> int:
        return len(self.choice.keys)

    @property
    def has_more_keys(self) -> bool:
        return self.key_count > HELD

    @property
    def can_read(self) -> bool:
        """Whether the account has a role: without one every way leads to the same refusal."""
        return self.role.includes(Role.VIEWER)

    @property
    def can_operate(self) -> bool:
        """The role and the key allow writing; the server decides again on each request."""
        may = self.role.includes(Role.OPERATOR)
        return may and (self.key is None or self.key.can_operate)
