"""In which hours of the week an account works, from the batches it has finished."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from batches.services.forecast.templates import PRIOR, TEMPLATES
from batches.services.forecast.tidy import Course, tidy
from batches.services.forecast.types import HOURS_A_WEEK, Cells, Floats, Rhythm, Series
from batches.services.forecast.work_time import HOUR, MONDAY

# Hours of one day are busy together, so that they say less than so many of different days.
TEMPER = 0.15
BUSY = 0.5  # squared coefficient of variation of an hour's rate around the rhythm
PRIOR_COUNTS = 50.0  # an hour of the week counts for itself from so many effective tasks on
FLOOR = 0.004  # of the mean hour: no hour is without any work
FIRST_SHARE = 0.9  # the last tenth comes slowly at any hour
OTHER_PEOPLE = 0.005  # of the batches of an account are worked on at other hours
MOST_OPEN = 20  # batches in progress are enough, those that say most
LOG_TEMPLATES = np.log(TEMPLATES)


def cells_of(series: Series, rhythm: Rhythm | None = None) -> Cells:
    """Hours of the week that the batch was worked on in, from where it was watched."""
    return course_cells(tidy(series), rhythm)


def course_cells(course: Course, rhythm: Rhythm | None = None) -> Cells:
    """rhythm: of its account; a batch is rated by its speed in the hours in which it ran."""
    finished, watched, hours = _by_hour(course)
    if finished.sum() < 1 or not len(hours):
        return Cells(finished=np.zeros(HOURS_A_WEEK), expected=np.zeros(HOURS_A_WEEK))
    weights = rhythm.weights if rhythm else np.ones(HOURS_A_WEEK)
    speed = finished.sum() / max((weights[hours] * watched).sum(), 1e-6)
    expected = speed * watched
    effective = 1.0 / (1.0 + BUSY * expected * weights[hours])
    return Cells(
        finished=_by_week(hours, finished * effective),
        expected=_by_week(hours, expected * effective),
    )


def rhythm_of(cells: Sequence[Cells]) -> Rhythm:
    """What the account's finished batches say together; the newest hundred are enough."""
    known = [one for one in cells if one.finished.sum() > 0]
    if not known:
        return _rhythm(PRIOR, np.zeros(HOURS_A_WEEK), np.zeros(HOURS_A_WEEK))
    finished = np.array([one.finished for one in known])
    expected = np.array([one.expected for one in known])
    chances = PRIOR + _likelihoods(finished, expected).sum(axis=0)
    weights = _mixed(chances, np.zeros(HOURS_A_WEEK), np.zeros(HOURS_A_WEEK))
    for _ in range(3):  # speeds and rhythm depend on each other; three rounds settle them
        level = finished.sum(axis=1) / np.maximum(expected @ weights, 1e-9)
        sums = finished.sum(axis=0), (expected * level[:, None]).sum(axis=0)
        weights = _mixed(chances, *sums)
    return _rhythm(chances, *sums)


def joined(rhythm: Rhythm, still_open: Sequence[Cells]) -> Rhythm:
    """The account's rhythm with what its batches in progress have shown of it so far."""
    known = sorted((one for one in still_open if one.finished.sum() > 0), key=_counts)[-MOST_OPEN:]
    if not known:
        return rhythm
    finished = np.array([one.finished for one in known])
    expected = np.array([one.expected for one in known])
    chances = rhythm.chances + _likelihoods(finished, expected).sum(axis=0)
    weights = _mixed(chances, rhythm.finished, rhythm.expected)
    for _ in range(2):
        level = finished.sum(axis=1) / np.maximum(expected @ weights, 1e-9)
        more = finished.sum(axis=0), (expected * level[:, None]).sum(axis=0)
        sums = rhythm.finished + more[0], rhythm.expected + more[1]
        weights = _mixed(chances, *sums)
    return _rhythm(chances, *sums)


def _counts(cells: Cells) -> float:
    return float(cells.finished.sum())


def with_own(rhythm: Rhythm, own: Cells) -> Rhythm:
    """The account's rhythm with what the batch itself has shown so far."""
    if own.finished.sum() <= 0:
        return rhythm
    likely = _likelihoods(own.finished[None], own.expected[None])[0]
    other = _other_people(rhythm, own, likely)
    chances = (1 - other) * rhythm.chances + other * PRIOR + likely
    finished, expected = (1 - other) * rhythm.finished, (1 - other) * rhythm.expected
    weights = _mixed(chances, finished, expected)
    level = own.finished.sum() / max(float(own.expected @ weights), 1e-9)
    return _rhythm(chances, finished + own.finished, expected + level * own.expected)


def _other_people(rhythm: Rhythm, own: Cells, likely: Floats) -> float:
    """How likely it is that a batch is worked on at other hours than its account, as by a team
    that works nights: then the account's hours say nothing of it.
    """
    total = own.finished.sum()
    scale = total / max(float(own.expected @ rhythm.weights), 1e-9)
    as_account = TEMPER * float(own.finished @ np.log(rhythm.weights) + total * np.log(scale))
    share = np.exp(PRIOR - PRIOR.max())
    as_other = np.log(float(share @ np.exp(likely - likely.max())) / share.sum()) + likely.max()
    odds = OTHER_PEOPLE / (1 - OTHER_PEOPLE) * np.exp(np.clip(as_other - as_account, -50, 50))
    return float(odds / (1 + odds))


def draws(rhythm: Rhythm, number: int) -> tuple[Floats, Floats]:
    """(n, 168) possible weeks, and (n,) how likely each is: the likeliest templates."""
    best = np.argpartition(-rhythm.chances, number - 1)[:number]
    chances = np.exp(rhythm.chances[best] - rhythm.chances[best].max())
    kept = chances > 0.01 * chances.max()
    return _weeks(TEMPLATES[best[kept]], rhythm.finished, rhythm.expected), chances[kept] / chances[
        kept
    ].sum()


def _rhythm(chances: Floats, finished: Floats, expected: Floats) -> Rhythm:
    chances = chances - chances.max()
    weights = _mixed(chances, finished, expected)
    return Rhythm(weights=weights, chances=chances, finished=finished, expected=expected)


def _mixed(chances: Floats, finished: Floats, expected: Floats) -> Floats:
    """The week to expect. Templates are mixed first: one by one is the same but for a little."""
    share = np.exp(chances - chances.max())
    week: Floats = _weeks((share @ TEMPLATES / share.sum())[None], finished, expected)[0]
    return week


def _weeks(shapes: Floats, finished: Floats, expected: Floats) -> Floats:
    """Each hour's own rate, shrunk to its day's pool, and that to the template. Mean 1."""
    pooled = _pooled(finished, expected, shapes)
    rate = (finished + PRIOR_COUNTS * pooled) / (expected + PRIOR_COUNTS)
    rate = np.maximum(rate / rate.mean(axis=1, keepdims=True), FLOOR)
    found: Floats = rate / rate.mean(axis=1, keepdims=True)
    return found


def _pooled(finished: Floats, expected: Floats, shapes: Floats) -> Floats:
    """The template, corrected by what the same hour of the day did on like days."""
    many, wanted = _by_kind(finished[None]), _by_kind(expected * shapes)
    factor = (many + PRIOR_COUNTS) / (wanted + PRIOR_COUNTS)
    by_day = np.repeat(factor, (5, 1, 1), axis=1).reshape(-1, HOURS_A_WEEK)
    found: Floats = shapes * by_day
    return found


def _by_kind(cells: Floats) -> Floats:
    """(n, 168) to (n, 3, 24): sums over weekdays, Saturday, Sunday."""
    days = cells.reshape(-1, 7, 24)
    return np.stack([days[:, :5].sum(axis=1), days[:, 5], days[:, 6]], axis=1)


def _by_week(hours: NDArray[np.int64], values: Floats) -> Floats:
    return np.bincount(hours, values, HOURS_A_WEEK).astype(np.float64)


def _likelihoods(finished: Floats, expected: Floats) -> Floats:
    """(batches, templates) log likelihood of the cells, at each batch's best speed."""
    wanted = (TEMPLATES @ expected.T).T
    total = finished.sum(axis=1, keepdims=True)
    scale = total / np.maximum(wanted, 1e-9)
    found: Floats = (LOG_TEMPLATES @ finished.T).T + total * np.log(np.maximum(scale, 1e-9))
    return TEMPER * found


def _by_hour(course: Course) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Tasks finished and hours watched in each hour, and its place in the week.

    Steps are spread evenly over the time between two samples. Nothing is spread over a gap.
    """
    enough = FIRST_SHARE * max(course.total[-1], course.finished[-1]) if len(course.at) else 0
    last = int(np.searchsorted(np.maximum.accumulate(course.finished), enough, side="right"))
    at = course.at[: last + 1]
    if len(at) < 2:
        return np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.int64)
    steps, seen = course.steps[: len(at) - 1], course.watched[: len(at) - 1]
    first = np.floor(at[0] / HOUR)
    edges = (np.arange(first, np.floor(at[-1] / HOUR) + 2)) * HOUR
    done = np.interp(edges, at, np.concatenate([[0.0], np.cumsum(steps * seen)]))
    looked = np.interp(edges, at, np.concatenate([[0.0], np.cumsum(np.diff(at) * seen)]))
    finished, watched = np.diff(done), np.diff(looked) / HOUR
    some = watched > 0.05
    hours = ((edges[:-1] - MONDAY) // HOUR).astype(np.int64) % HOURS_A_WEEK
    return finished[some], watched[some], hours[some]
