"""Samples as bytes: what was packed comes back, small, whatever the vendor counted."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from batches.services.observations.packing import PackingError, Sample, pack, thin, unpack

MOST = 2**62
count = st.none() | st.integers(0, MOST) | st.integers(0, 5_000)
sample = st.builds(
    Sample,
    at=st.integers(0, 2**33),
    status=st.integers(0, 5),
    completed=count,
    pending=count,
    error=count,
    cancelled=count,
    total=count,
    other=st.dictionaries(
        st.text(max_size=5), st.integers(0, MOST) | st.text(max_size=5), max_size=2
    ),
)
STAGING, WORKING = 1, 2
MINUTE, HOUR = 60, 3600


def working(at: int, completed: int, status: int = WORKING) -> Sample:
    return Sample(at=at, status=status, completed=completed, pending=900 - completed, total=900)


def a_day() -> list[Sample]:
    """A sample a minute, some tasks done in each."""
    return [working(number * MINUTE, number * 7 % 13 + number // 2) for number in range(1440)]


@given(st.lists(sample, max_size=40))
def test_what_was_packed_comes_back(samples: list[Sample]):
    assert unpack(pack(samples)) == tuple(samples)


def test_a_sample_takes_at_most_eight_bytes():
    packed = pack(a_day())
    assert len(packed) / 1440 <= 8


@pytest.mark.parametrize(
    "packed", [b"", b"\x02", b"\x01\x00\x00\x00\x05", pack(a_day())[:700], b"\xff" * 50]
)
def test_bytes_of_another_origin_are_refused(packed: bytes):
    with pytest.raises(PackingError):
        unpack(packed)


def test_one_sample_in_ten_minutes_is_the_last_of_each():
    thinned = thin(a_day(), seconds=10 * MINUTE, gap=HOUR)
    assert len(thinned) == 145  # and the first one
    assert [one.at % (10 * MINUTE) for one in thinned[1:]] == [9 * MINUTE] * 144


def test_both_sides_of_a_gap_and_of_a_change_of_status_stay():
    before, after = working(5 * HOUR + 61, 40), working(9 * HOUR + 61, 60)
    finalized = working(2 * HOUR + 120, 0)
    staging = [working(2 * HOUR + second, 0, STAGING) for second in (0, 60)]
    samples = [
        *staging,
        finalized,
        *(working(2 * HOUR + 121 + n, n) for n in range(50)),
        before,
        after,
    ]
    thinned = thin(samples, seconds=2 * HOUR, gap=HOUR)
    assert all(one in thinned for one in (staging[1], finalized, before, after))


@example([10, 1205, 1799])
@given(st.lists(st.integers(0, 90_000), min_size=1, max_size=60, unique=True))
def test_thinning_makes_no_gap_that_was_not_there(times: list[int]):
    samples = [working(at, 0) for at in sorted(times)]
    longest = max((b.at - a.at for a, b in pairwise(samples)), default=0)
    thinned = thin(samples, seconds=10 * MINUTE, gap=20 * MINUTE)
    assert max((b.at - a.at for a, b in pairwise(thinned)), default=0) <= max(longest, 20 * MINUTE)
    assert (thinned[0], thinned[-1]) == (samples[0], samples[-1])
