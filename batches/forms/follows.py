"""What to be told of and how, the channels for that, and when not."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict

from batches.models import Channel, Scope
from batches.services.notices.events import EVENTS


class FollowForm(forms.Form):
    """Cleans to `scope` and `choices`: by event the ways."""

    scope = forms.ChoiceField(error_messages={"invalid_choice": "Choose what to follow."})
    tell = forms.MultipleChoiceField(required=False)

    def __init__(self, *args: Any, scopes: Iterable[Scope], ways: Iterable[str]) -> None:
        super().__init__(*args)
        self.fields["scope"].choices = [(one.value, one.label) for one in scopes]  # type: ignore[attr-defined]
        pairs = [f"{event.kind}:{way}" for event in EVENTS for way in ways]
        self.fields["tell"].choices = [(pair, pair) for pair in pairs]  # type: ignore[attr-defined]

    @property
    def ticked(self) -> list[str]:
        """What was sent, also where it was refused."""
        return self.data.getlist("tell") if isinstance(self.data, QueryDict) else []

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        choices: dict[str, list[str]] = {}
        for pair in data.get("tell", ()):
            event, _, way = pair.partition(":")
            choices.setdefault(event, []).append(way)
        return data | {"choices": choices}


class SecretInput(forms.TextInput):
    """Shows what is typed, and never repeats it."""

    def format_value(self, value: Any) -> None:
        # pages are kept by browsers
        return None


class ChannelForm(forms.Form):
    """A chat or webhook. What was typed as its URL is never rendered again."""

    label = forms.CharField(
        max_length=Channel._meta.get_field("label").max_length,
        label="Name",
        help_text="Such as #labelling-ops. It is the head of its column where you choose events.",
    )
    # named so that Django and this console take it for a secret: it is part of no address
    secret_url = forms.CharField(
        max_length=1_000,
        label="URL",
        widget=SecretInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Stored encrypted. Only its scheme and host are ever shown.",
    )


class NoticeSettingForm(forms.Form):
    """Quiet hours and the hour of the digest."""

    quiet_from = forms.TimeField(
        required=False,
        label="Quiet from",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    quiet_until = forms.TimeField(
        required=False,
        label="Quiet until",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="In these hours only the bell tells you something; the rest waits for their end.",
    )
    digest_at = forms.TimeField(
        required=False,
        label="Daily digest at",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="One e-mail a day about all you were told. Empty: none.",
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        begin, end = data.get("quiet_from"), data.get("quiet_until")
        if (begin is None) != (end is None) and not self.errors:
            self.add_error("quiet_until", "Give both times, or none.")
        elif begin is not None and begin == end:
            self.add_error("quiet_until", "Quiet hours end at another time than they begin.")
        return data
