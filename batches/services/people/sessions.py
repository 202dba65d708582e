"""Ends sessions before their time, in every process."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone


def end_sessions_of(account_id: int) -> None:
    """Sign an account out everywhere."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    # Django stores the account only within a session's data, so every session is read
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(account_id):
            store.delete(session.session_key)  # from the cache as well as from the table


def end_all_sessions() -> int:
    """Returns how many there were. The caller makes sure that no process has any in its cache."""
    return int(Session.objects.all().delete()[0])
