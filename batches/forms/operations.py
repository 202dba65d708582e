"""The filters of the operations' list, from its address."""

from typing import Any

from django import forms

from batches.models import State


class OperationsFilter(forms.Form):
    """Unknown words are no error of a person's: they are left out, and a note says so."""

    batch = forms.CharField(required=False, max_length=1024, label="Batch")
    person = forms.CharField(required=False, max_length=150, label="Person")
    state = forms.ChoiceField(
        required=False, choices=[("", "Any outcome"), *State.choices], label="Outcome"
    )
    before = forms.UUIDField(required=False, widget=forms.HiddenInput)

    @property
    def chosen(self) -> dict[str, Any]:
        """What to filter by, without what is empty or wrong."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    def words(self, name: str) -> str:
        """What was chosen, as the form itself words it."""
        value = str(self.cleaned_data[name])
        return dict(State.choices).get(value, value) if name == "state" else value

    @property
    def ignored(self) -> list[str]:
        """The names of what was wrong."""
        return [name for name in self.errors if name in self.fields]
