"""What people type into a write, and what is said where it is wrong."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict
from pytest_django.fixtures import Settings

from batches.forms.batches import CreateForm, PrioritizeForm, check_name
from tests.support.callbacks import BASE


def create_form(**more: Any) -> CreateForm:
    """A form as a browser posts it; a list is a field that was sent more than once."""
    data: MultiValueDict[str, str] = MultiValueDict()
    for name, value in ({"project": "kittens", "name": "new", "form_id": uuid4()} | more).items():
        data.setlist(name, [str(one) for one in (value if isinstance(value, list) else [value])])
    return CreateForm(data)


@pytest.mark.parametrize(
    "name",
    [
        *("", "   ", ".", "..", " .. ", "a\0b", "a\nb", "a\x85b", "a\x1bb", "a\u2028b"),
        *("a\u202eb", "a\u2066b", "a\u200fb", "a\ud800b", "x" * 256),
        *("a\ufffdb", "a\u00adb", "a\ufeffb", "a\u200bb", "a\U000e0061b"),
        *("\u3164", "\u115f\u1160", "\u2800", " \u2800 \u3164", "\u200d", "\ufe0f", "\u2003"),
    ],
)
def test_a_name_that_cannot_be_is_told_at_its_field(name: str) -> None:
    form = create_form(name=name)
    assert not form.is_valid()
    assert list(form.errors) == ["name"]


@pytest.mark.parametrize(
    "name",
    [
        *("a/b", "new", "...", "%2F", "{{7*7}}", "=1+1", '" hx-get="/x', "<b>", "猫😀"),
        *("x" * 255, "👩\u200d🚀", "❤\ufe0f", "می\u200cخواهم", "a\u3164b"),
    ],
)
def test_any_other_name_is_taken_as_it_is(name: str) -> None:
    form = create_form(name=name)
    assert form.is_valid()
    assert form.cleaned_data["name"] == name


def test_a_name_is_trimmed_and_composed() -> None:
    form = create_form(name="  cafe\u0301 ")
    assert form.is_valid()
    assert form.cleaned_data["name"] == "café"


def test_a_blank_name_is_no_name() -> None:
    with pytest.raises(ValidationError, match="Enter a name for the batch"):
        check_name("  ")


@pytest.mark.parametrize("project", ["", "\u202ekittens", "p" * 256])
def test_a_project_that_cannot_be_is_told_at_its_field(project: str) -> None:
    assert list(create_form(project=project).errors) == ["project"]


@pytest.mark.parametrize(
    "priority", ["9", "31", "1e1", "10.0", "١٠", "２０", "-20", "+20", "0x14", "1_0", "020", "²0"]
)
def test_a_priority_is_a_whole_number_in_plain_digits(priority: str) -> None:
    form = create_form(priority=priority)
    assert list(form.errors) == ["priority"]
    assert "whole number from 10 to 30" in str(form.errors)


@pytest.mark.parametrize(("priority", "number"), [("10", 10), (" 30 ", 30), ("", None)])
def test_a_priority_in_bounds_is_a_number(priority: str, number: int | None) -> None:
    form = create_form(priority=priority)
    assert form.is_valid()
    assert form.cleaned_data["priority"] == number


def test_an_empty_priority_is_no_priority_to_send() -> None:
    form = PrioritizeForm({"form_id": str(uuid4()), "priority": ""})
    assert list(form.errors) == ["priority"]


@pytest.mark.parametrize(
    ("word", "is_on"), [("on", True), ("true", True), ("1", True), ("false", False), ("", False)]
)
def test_a_flag_is_on_or_off(word: str, is_on: bool) -> None:
    form = create_form(calibration_batch=word)
    assert form.is_valid()
    assert form.cleaned_data["calibration_batch"] is is_on


def test_a_flag_is_not_maybe() -> None:
    assert list(create_form(calibration_batch="maybe").errors) == ["calibration_batch"]


def test_the_two_flags_exclude_each_other() -> None:
    form = create_form(calibration_batch="on", self_label_batch="on")
    assert "either a calibration batch or a self-label batch" in str(form.errors)


def test_a_flag_is_drawn_as_it_was_sent() -> None:
    form = create_form(calibration_batch="on", self_label_batch="false")
    assert "checked" in str(form["calibration_batch"])
    assert "checked" not in str(form["self_label_batch"])
    assert form["calibration_batch"].widget_type == "checkbox"


@pytest.mark.parametrize("field", ["name", "priority", "calibration_batch", "form_id"])
def test_a_value_sent_twice_is_refused(field: str) -> None:
    values = {"form_id": [uuid4(), uuid4()], "priority": ["10", "20"]}
    form = create_form(**{field: values.get(field, ["on", "on"])})
    assert field in form.errors


@pytest.mark.parametrize("form_id", ["", "x", [uuid4(), uuid4()]])
def test_an_id_that_is_of_no_use_is_told_above_the_form_as_it_has_no_place(form_id: Any) -> None:
    form = create_form(form_id=form_id)
    assert form.non_field_errors() == ["Part of this form was missing. Check it and send it again."]


def test_unknown_fields_are_left_out() -> None:
    form = create_form(owner="bob", status="completed", is_staff="1")
    assert form.is_valid()
    assert not {"owner", "status", "is_staff"} & set(form.cleaned_data)


def test_words_without_a_field_of_that_name_stand_above() -> None:
    form = create_form()
    form.add_message("The vendor minds.", field="unheard_of")
    form.add_message("Taken.", field="name")
    assert form.non_field_errors() == ["The vendor minds."]
    assert form.errors["name"] == ["Taken."]


def test_without_an_address_of_its_own_this_console_is_not_offered() -> None:
    assert "tell_console" not in create_form().fields
    assert create_form(tell_console="").is_valid()


def test_a_form_from_before_it_was_taken_away_is_not_sent_without_it() -> None:
    form = create_form(tell_console="on")
    assert not form.is_valid()
    assert "can no longer call this console" in str(form.non_field_errors())


@pytest.mark.parametrize(
    "base", [BASE, "https://console.intranet", "https://10.0.0.8:8443/console", "https://console"]
)
def test_this_console_may_be_told_on_any_host_that_the_admin_has_set(
    base: str, settings: Settings
) -> None:
    settings.CALLBACK_BASE_URL = base
    settings.CALLBACK_HOSTS = ["hooks.elsewhere.example"]
    form = create_form(tell_console="on")
    assert form.is_valid()
    assert form.cleaned_data["tell_console"] is True
    assert form.cleaned_data["callback"] == ""
    assert form.warning == ""


@pytest.mark.parametrize(
    ("base", "is_warned"),
    [("http://console.intranet:8000", True), ("http://127.0.0.1:8000", False)],
)
def test_plain_http_is_warned_of_unless_it_stays_on_this_machine(
    base: str, is_warned: bool, settings: Settings
) -> None:
    settings.CALLBACK_BASE_URL = base
    form = create_form(tell_console="on")
    assert form.is_valid()
    assert ("plain http" in form.warning) is is_warned


def test_either_this_console_or_another_callback(settings: Settings) -> None:
    settings.CALLBACK_BASE_URL = BASE
    form = create_form(tell_console="on", callback="ops@example.com")
    assert not form.is_valid()
    assert list(form.errors) == ["tell_console"]
    wrong = create_form(tell_console="on", callback="nonsense")
    assert not wrong.is_valid()
    assert list(wrong.errors) == ["callback"]


def test_an_address_of_another_batch_is_not_taken_as_a_callback(settings: Settings) -> None:
    settings.CALLBACK_BASE_URL = BASE
    form = create_form(callback=f"{BASE}/callbacks/{'0' * 40}/")
    assert not form.is_valid()
    assert "Tell this console" in str(form.errors["callback"])
