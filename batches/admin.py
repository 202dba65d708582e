"""The admin, for accounts and roles only: no operation, key or reading is edited here."""

import re
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import BadRequest
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from batches.services.people.locks import Lock, locks_of, unlock
from batches.services.people.roles import role_of
from batches.services.people.sessions import end_sessions_of

admin.site.site_header = admin.site.site_title = "Accounts and roles"
admin.site.unregister((User, Group))

# A change of one of these ends the account's sessions. (Django ends them with a new password.)
ENDING_FIELDS = {"username", "is_active", "is_staff", "is_superuser", "groups"}

ID_FIELDS = ("_selected_action", "groups", "permissions")
ID = re.compile(r"[0-9]{1,9}", re.ASCII)  # fits into a column of 32 bits


class SuperusersOnly:
    """Who may change accounts could become a superuser by that: a lesser right would not be one."""

    def _is_superuser(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    has_view_permission = has_change_permission = has_delete_permission = _is_superuser

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._is_superuser(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._is_superuser(request)


class ValidIdsOnly:
    """Answers 400 to an id that no row can have, where Django's query would fail with a 500."""

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        refuse_invalid_ids(request)
        answer: HttpResponse = super().changelist_view(request, *args, **kwargs)  # type: ignore[misc]
        return answer

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        refuse_invalid_ids(request)
        answer: HttpResponse = super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]
        return answer


def refuse_invalid_ids(request: HttpRequest) -> None:
    sent = (value for name in ID_FIELDS for value in request.POST.getlist(name))
    if not all(ID.fullmatch(value) for value in sent):
        raise BadRequest("This is not the id of a row.")


def describe(lock: Lock) -> str:
    until = timezone.localtime(lock.until)
    return f"until {until:%H:%M %Z} {f'from {lock.address}' if lock.address else 'everywhere'}"


class AccountList(ChangeList):
    """Reads the locks of all accounts on the page with one query."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: list[User] = list(self.result_list)
        found = locks_of([account.username for account in self.result_list], now=timezone.now())
        for account in self.result_list:
            account.locks = found.get(account.username, [])  # type: ignore[attr-defined]


@admin.register(User)
class AccountAdmin(SuperusersOnly, ValidIdsOnly, UserAdmin):  # type: ignore[type-arg]  # generic in stubs only
    """Rights come from groups alone. Accounts are not deleted: operations name them."""

    list_display = ("username", "email", "role", "is_active", "locked", "last_login")
    filter_horizontal = ("groups",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Role", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Signing in", {"fields": ("locked", "last_login", "date_joined")}),
    )
    # as form fields the times would be saved without their fraction of a second
    readonly_fields = ("locked", "last_login", "date_joined")
    actions = ("lift_locks",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return AccountList

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Role")
    def role(self, account: User) -> str:
        return role_of(account).label

    @admin.display(description="Locked", empty_value="No")
    def locked(self, account: User) -> str | None:
        locks = getattr(account, "locks", None)
        if locks is None:  # on the account's own page
            locks = locks_of([account.username], now=timezone.now()).get(account.username, [])
        return "; ".join(describe(lock) for lock in locks) or None

    @admin.action(description="Unlock")
    def lift_locks(self, request: HttpRequest, accounts: QuerySet[User]) -> None:
        for account in accounts:
            if unlock(account.username):
                self.log_change(request, account, "Unlocked signing in.")
        self.message_user(request, "They may sign in again.", messages.SUCCESS)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if change and ENDING_FIELDS.intersection(form.changed_data):
            # for good, even if the account becomes active again; after the commit, or a request
            # in between would put them back into the cache
            transaction.on_commit(partial(end_sessions_of, form.instance.pk))


@admin.register(Group)
class RoleAdmin(SuperusersOnly, ValidIdsOnly, GroupAdmin):
    """Code asks for the two roles by name, so they are neither renamed nor deleted here."""

    readonly_fields = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
