"""Where a form that is drawn again has its focus."""

from django import forms


def focus_first_error(form: forms.BaseForm) -> None:
    """Let the first field that is wrong have it: its words may stand far down the page."""
    wrong = next((name for name in form.errors if name in form.fields), None)
    if wrong:
        focus_field(form, wrong)


def focus_field(form: forms.BaseForm, name: str) -> None:
    form.fields[name].widget.attrs["autofocus"] = True
