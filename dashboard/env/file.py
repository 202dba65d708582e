"""Reads `.env`, and refuses lines and names that it does not know."""

import os
import re
from difflib import get_close_matches
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from dashboard.env.values import known, wrong

LINE = re.compile(r"(?:export )?([A-Za-z_0-9]+)=.*")  # as django-environ reads it
POSTGRES_PREFIX = "PG"  # PostgreSQL's library reads these variables by itself

in_file: set[str] = set()


def read_file(default: Path) -> None:
    """Adds variables of the file to the environment, where they are not set already.

    `ENV_FILE` names another file than `default`; empty means none, as in the demo and the tests.
    """
    named = os.environ.get("ENV_FILE")
    if named == "":
        return
    if named and not Path(named).is_file():
        raise wrong("ENV_FILE", "there is no such file")
    path = Path(named) if named else default
    if path.is_file():
        in_file.update(names_in(path))
        environ.Env.read_env(str(path))


def names_in(path: Path) -> set[str]:
    found: set[str] = set()
    for number, line in enumerate(lines_of(path), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        # django-environ only logs such a line: a typing error would leave a default in force
        match = LINE.fullmatch(line)
        if match is None:
            raise ImproperlyConfigured(f"Line {number} of {path} is not of the form NAME=value.")
        # the first of two would win, and the last is the one that people edit
        if match[1] in found:
            raise ImproperlyConfigured(f"{match[1]} is set twice in {path}.")
        found.add(match[1])
    return found


def lines_of(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{path} cannot be read as text.") from error


def refuse_unknown() -> None:
    """Raises ImproperlyConfigured for a name in the file that no setting has."""
    # called when all settings are read: only then `known` is complete
    for name in sorted(in_file - known):
        if not name.startswith(POSTGRES_PREFIX):
            near = get_close_matches(name, known, n=1)
            hint = f" Is {near[0]} meant?" if near else ""
            raise ImproperlyConfigured(f"{name} in the .env file is unknown.{hint}")
