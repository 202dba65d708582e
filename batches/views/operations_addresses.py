"""The operations' list as its page draws it: every address that a filter or a page leads to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from batches.forms.operations import OperationsFilter
from batches.models import Operation, State, Verb
from batches.templatetags.addresses import page_url
from batches.views.addresses import Link
from batches.views.batches.list_presenter import PRESET_WORDS, days_words
from batches.views.key_switch import HELD

# Filters with as many choices as there are people and keys: more than a few are fetched when the
# menu is opened.
LONG = ("person", "sent_with")


@dataclass(frozen=True, slots=True)
class OperationRow:
    """again_url: empty where this person cannot send the operation again."""

    operation: Operation
    again_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterMenu:
    """A filter as one control: what it is about, its value in words, the address without it.

    choices_url: where they are fetched from, in place of `choices`, where these are many.
    """

    label: str
    value: str = ""
    remove_url: str = ""
    choices: tuple[Link, ...] = ()
    choices_url: str = ""
    count: int = 0


@dataclass(frozen=True)
class OperationsAddress:
    """Makes every address of one list of operations, so that its state is nowhere else.

    key_ref: the key that the page's other links carry on, which is no filter.
    """

    form: OperationsFilter
    key_ref: str

    def url(self, **changes: str) -> str:
        """The list from its first page, with some filters changed; an empty one is off."""
        return page_url("operations:list", **self._pairs | changes)

    @property
    def cleared(self) -> str:
        return self.url(**dict.fromkeys(self.form.pairs, ""))

    @property
    def without_search(self) -> dict[str, str]:
        """What the search form leaves as it is."""
        return self._without("q", "batch")

    @property
    def without_days(self) -> dict[str, str]:
        """What the form for the days leaves as it is. Their zone goes along with them."""
        zone = {"tz": self.form.days_zone.key}
        return self._without("created", "start_time", "end_time") | zone

    def menus(self, people: Iterable[str]) -> tuple[FilterMenu, ...]:
        """The filters that are a choice, in the order of the page."""
        return (
            self._menu("Person", "person", {name: name for name in people}),
            self._menu("What", "verb", dict(Verb.choices)),
            self._menu("Outcome", "state", dict(State.choices)),
            self._menu("Key", "sent_with", self._keys),
        )

    def choices(self, name: str, people: Iterable[str]) -> tuple[Link, ...]:
        """All of one filter whose menu may fetch them."""
        words = self._keys if name == "sent_with" else {name: name for name in people}
        return self._choices(name, words)

    @property
    def _keys(self) -> dict[str, str]:
        return {key.ref: f"{key.mode_name} {key.label}" for key in self.form.keys}

    @property
    def when(self) -> FilterMenu:
        """The filter of days: presets to choose; other days are a form of its own."""
        off = {"created": "", "start_time": "", "end_time": "", "tz": ""}
        value, zone = self._when_words(), self.form.days_zone.key
        return FilterMenu(
            label="When",
            value=value,
            remove_url=self.url(**off) if value else "",
            choices=tuple(
                Link(
                    words,
                    self.url(**off | {"created": name, "tz": zone}),
                    is_current=self.form.pairs.get("created") == name,
                )
                for name, words in PRESET_WORDS.items()
            ),
        )

    @property
    def batch(self) -> FilterMenu | None:
        """Set by links to the operations of one batch; typed is only a part of a name."""
        name = self.form.pairs.get("batch")
        url = self.url(batch="")
        return FilterMenu(label="Batch", value=name, remove_url=url) if name else None

    def _menu(self, label: str, name: str, words: Mapping[str, str]) -> FilterMenu:
        chosen = self.form.pairs.get(name, "")
        is_long = name in LONG and len(words) > HELD
        return FilterMenu(
            label=label,
            value=words.get(chosen, chosen),
            remove_url=self.url(**{name: ""}) if chosen else "",
            choices=() if is_long else self._choices(name, words),
            choices_url=page_url(f"operations:{name}", **self._pairs) if is_long else "",
            count=len(words),
        )

    def _choices(self, name: str, words: Mapping[str, str]) -> tuple[Link, ...]:
        chosen = self.form.pairs.get(name, "")
        return tuple(
            Link(text, self.url(**{name: value}), is_current=value == chosen)
            for value, text in words.items()
        )

    def _when_words(self) -> str:
        pairs = self.form.pairs
        if preset := pairs.get("created"):
            return PRESET_WORDS[preset]
        days = self.form.cleaned_data
        return days_words(days.get("start_time"), days.get("end_time"))

    def _without(self, *names: str) -> dict[str, str]:
        pairs = self._pairs
        return {name: value for name, value in pairs.items() if name not in names}

    @property
    def _pairs(self) -> dict[str, str]:
        return {"key": self.key_ref} | self.form.pairs
