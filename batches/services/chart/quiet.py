"""Nights and weekends between two times, by the hours in which little work is expected."""

from collections.abc import Collection, Iterator

HOUR = 3_600
WEEK = 168
MONDAY = 96  # hours from Thursday 1 January 1970, 0:00 UTC, to the first Monday
LONGEST = 60 * 24 * HOUR  # in a longer time nights are too narrow to be seen


def quiet_between(start: int, end: int, *, hours: Collection[int]) -> Iterator[tuple[int, int]]:
    """Times as (since, until). hours: of the week, Monday 0:00 UTC is 0."""
    if not hours or end - start > LONGEST:
        return
    since: int | None = None
    for hour in range(start // HOUR, -(-end // HOUR)):
        is_quiet = (hour - MONDAY) % WEEK in hours
        if is_quiet and since is None:
            since = max(start, hour * HOUR)
        elif not is_quiet and since is not None:
            yield since, hour * HOUR
            since = None
    if since is not None:
        yield since, end
