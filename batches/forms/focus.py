"""The focus of a form that is shown again."""

from django import forms


def focus_first_error(form: forms.BaseForm) -> None:
    """Focus the first field with an error."""
    # browsers scroll to the field with the focus: its message may be far down the page
    # an error above the form belongs to no field
    wrong = next((name for name in form.errors if name in form.fields), None)
    if wrong:
        focus_field(form, wrong)


def focus_field(form: forms.BaseForm, name: str) -> None:
    form.fields[name].widget.attrs["autofocus"] = True
