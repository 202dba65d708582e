"""Quiet hours and the hour of the digest, by the clock on the wall where the person is."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo


def quiet_until(
    *, now: datetime, zone: tzinfo, begin: time | None, end: time | None
) -> datetime | None:
    """When the quiet hours that it is in end, in UTC; None outside them, or where there are none.

    begin, end: of every day; where end is the earlier one, it is that of the next day.
    """
    if begin is None or end is None or begin == end:
        return None
    local = now.astimezone(zone)
    clock, over_midnight = local.time(), begin > end
    is_quiet = clock >= begin or clock < end if over_midnight else begin <= clock < end
    if not is_quiet:
        return None
    day = local.date() + timedelta(days=over_midnight and clock >= begin)
    return _moment(day, end, zone, after=now)


def _moment(day: date, at: time, zone: tzinfo, *, after: datetime) -> datetime:
    """In an hour that comes twice the first one that is still ahead."""
    first = datetime.combine(day, at, zone).astimezone(UTC)
    if first > after:
        return first
    return datetime.combine(day, at.replace(fold=1), zone).astimezone(UTC)


def digest_day(*, now: datetime, zone: tzinfo, at: time, latest: timedelta) -> date | None:
    """The day whose digest is due; None before its hour, and later than `latest` after it."""
    local = now.astimezone(zone)
    since = datetime.combine(local.date(), at, zone).astimezone(UTC)
    # who chooses an hour that is over is not sent one at once
    return local.date() if since <= now < since + latest else None
