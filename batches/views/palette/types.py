"""What a search over everything shows."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line.

    words: a name, or what is done. note: at the end of the line; figure: the per cent behind it.
    label: what the icon means, for people who do not see it.
    is_name: of a batch, project or view, and not this console's own words.
    opens_dialog: a form that opens in place. copies: the text that is copied; then it has no url.
    presses: the button of the page that it stands for (`data-act`); then it has no url either.
    """

    words: str
    url: str = ""
    icon: str = ""
    tone: str = ""
    label: str = ""
    note: str = ""
    note_tone: str = ""
    figure: str = ""
    is_name: bool = False
    opens_dialog: bool = False
    copies: str = ""
    presses: str = ""

    @property
    def does(self) -> str:
        """What a script does with it, where it leads to no address."""
        return "copy" if self.copies else "press"

    @property
    def what(self) -> str:
        return self.copies or self.presses


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """id: for the elements of a page. words: under its title.

    is_typed: its lines contain what was typed; those of actions may stand there without that.
    """

    id: str
    title: str
    words: str = ""
    results: tuple[Result, ...] = field(default_factory=tuple)
    is_typed: bool = True
