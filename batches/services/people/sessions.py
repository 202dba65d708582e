"""Ends sessions before their time, for every process: `SESSION_ENGINE` decides where they are."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone


def end_sessions_of(account_id: int) -> None:
    """Reads every session, as Django stores no account beside it."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(account_id):
            store.delete(session.session_key)  # out of the cache as well


def end_all_sessions() -> int:
    """Returns how many there were. The caller sees to it that no process has cached any."""
    return int(Session.objects.all().delete()[0])
