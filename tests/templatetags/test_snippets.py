"""What a person copies or reads of Refonte's answers, and how figures stand."""

import subprocess

import pytest
from django.template import Context, Template
from pytest_django.fixtures import Settings

from batches.refonte import CUT, Counts
from batches.services.batches.progress import Progress
from batches.templatetags import snippets
from batches.templatetags.figures import count_lines, figure, newer_text


def test_an_answer_is_shown_as_json_and_stays_text():
    page = Template("{% load snippets %}{{ payload|pretty }}")
    drawn = page.render(Context({"payload": {"name": "Партия <b>", "nested": [1]}}))

    assert "Партия &lt;b&gt;" in drawn
    assert "\n  &quot;nested&quot;" in drawn


def test_a_long_answer_says_where_it_is_cut():
    drawn = snippets.pretty(["x" * 90, "y" * snippets.SHOWN_MAX])

    assert drawn.endswith(f"y\n{CUT}")
    assert len(drawn) == snippets.SHOWN_MAX + len(f"\n{CUT}")


@pytest.mark.parametrize("name", ["kitten-07", "a/b", "it's", "$(id)", "`id`", "%2F", "🐈", 'q"q'])
def test_the_same_question_from_a_shell_asks_for_this_batch_and_runs_nothing(
    name: str, settings: Settings
):
    settings.REFONTE_API_URL = "https://api.refonte.com/v1"
    words = snippets.as_curl(name).replace("curl ", "printf '%s\\n' ", 1)

    printed = subprocess.run(
        ["/bin/sh", "-c", words],
        env={"REFONTE_API_KEY": "k"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    assert printed[:2] == ["-u", "k:"]
    assert printed[2].startswith("https://api.refonte.com/v1/batches/")
    assert printed[2].endswith("/status")
    assert len(printed) == 3


@pytest.mark.parametrize("name", ["kitten-07", "a/b", "it's", 'q"q', "line\nbreak"])
def test_the_same_question_from_python_is_python(name: str):
    compile(snippets.as_python(name), "copied", "exec")


def test_figures_stand_apart_and_the_unknown_is_a_word():
    assert (figure(1234567), figure(0)) == ("1,234,567", "0")
    assert figure(None) == "unknown"


@pytest.mark.parametrize(
    ("new", "words"),
    [(1, "1 newer batch"), (2, "2 newer batches"), (50, "50 or more newer batches")],
)
def test_newer_batches_are_counted_up_to_a_page(new: int, words: str):
    assert newer_text(new, 50) == words


def test_the_documented_counts_come_first_and_a_missing_one_is_unknown():
    counts = Counts.parse({"completed": 3, "tasks_skipped": 2, "tasks_total": 5})
    lines = list(count_lines(Progress(counts=counts, status="completed")))

    assert [(line.name, line.count, line.tone) for line in lines] == [
        ("Completed", 3, "completed"),
        ("Error", None, "bad"),
        ("Cancelled", None, "cancelled"),
        ("Pending", None, "pending"),
        ("tasks_skipped", 2, "none"),
        ("tasks_total", 5, "none"),
    ]
