"""Which finished batches of an account estimates use."""

from batches.services.forecast.newest import EACH, NEWEST, newest


def test_a_project_of_many_small_batches_leaves_room_for_others():
    batches = [*(("large", n) for n in range(3)), *(("small", n) for n in range(64))]
    found = newest(batches, lambda one: one[0])
    assert found[:3] == batches[:3]
    assert found[3:] == batches[-EACH:]


def test_no_more_are_used_than_a_batch_in_a_thousand_projects_would_be():
    assert newest(list(range(500)), str) == list(range(500 - NEWEST, 500))
