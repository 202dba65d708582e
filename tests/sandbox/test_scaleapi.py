"""Scale's official Python client, unchanged, works with the sandbox."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import scaleapi
from scaleapi.batches import BatchStatus
from scaleapi.exceptions import (
    ScaleDuplicateResource,
    ScaleInvalidRequest,
    ScaleResourceNotFound,
    ScaleUnauthorized,
)
from scaleapi.tasks import TaskType

from batches.sandbox import LIVE_KEY, TEST_KEY, Sandbox

from .conftest import MONDAY, Clock

# The package opens a new requests.Session for each call and never closes it; its sockets are
# left to the garbage collector, which warns.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    with Sandbox(batches=250, now=clock) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> scaleapi.ScaleClient:
    return scaleapi.ScaleClient(LIVE_KEY, api_instance_url=sandbox.url)


def test_a_project_and_its_batches_are_created(client: scaleapi.ScaleClient):
    params = {"instruction": "Please label the kittens"}
    project = client.create_project("kittens", TaskType.ImageAnnotation, params)
    assert project.instruction == "Please label the kittens"
    batch = client.create_batch("kittens", "kittens-1", callback="ana@example.com")
    assert (batch.status, batch.project, batch.metadata) == ("in_progress", "kittens", {})
    assert client.get_project("kittens").version == 0
    assert client.update_project("kittens", instruction="Gently").version == 1
    assert "kittens" in [listed.name for listed in client.projects()]


def test_a_rapid_batch_is_calibrated_and_finalized(client: scaleapi.ScaleClient):
    client.create_project("rapid kittens", TaskType.ImageAnnotation, {}, rapid=True)
    with pytest.raises(ScaleInvalidRequest):
        client.create_batch("rapid kittens", "ordinary")
    batch = client.create_batch("rapid kittens", "first", calibration_batch=True)
    assert batch.status == BatchStatus.Staging.value
    assert batch.finalize().status == BatchStatus.InProgress.value
    with pytest.raises(ScaleInvalidRequest, match="staging"):
        batch.finalize()


def test_duplicate_names_are_its_duplicate_error(client: scaleapi.ScaleClient):
    client.create_batch("kitten_labeling", "twice")
    with pytest.raises(ScaleDuplicateResource):
        client.create_batch("lidar_streets", "twice")
    with pytest.raises(ScaleDuplicateResource):
        client.create_project("kitten_labeling", TaskType.ImageAnnotation, {})


def test_hard_names_are_read_and_finalized(client: scaleapi.ScaleClient):
    for name in ("kittens/status", "%2F", "q?x=1#frag", "🐈"):
        client.create_batch("kitten_labeling", name)
        assert client.get_batch(name).name == name
        assert client.finalize_batch(name).name == name
    assert client.set_batch_metadata("%2F", {"ticket": "ML-1"}).metadata == {"ticket": "ML-1"}


def test_the_status_counts_are_read(client: scaleapi.ScaleClient, sandbox: Sandbox):
    sandbox.add_batch("counted", counts={"pending": 1, "completed": 2, "error": 3, "canceled": 4})
    batch = client.get_batch("counted")
    batch.get_status()
    counts = (batch.tasks_pending, batch.tasks_completed, batch.tasks_error, batch.tasks_canceled)
    assert counts == (1, 2, 3, 4)


def test_all_batches_are_listed_page_by_page(client: scaleapi.ScaleClient, sandbox: Sandbox):
    listed = [batch.name for batch in client.get_batches()]
    assert len(listed) == 250
    assert set(listed) == set(sandbox.world().batches)
    assert len(sandbox.calls_to("GET", "/batches")) == 3


def test_each_filter_filters(client: scaleapi.ScaleClient, sandbox: Sandbox):
    for status in BatchStatus:
        found = list(client.get_batches(batch_status=status, exclude_archived=True))
        assert found
        assert {batch.status for batch in found} == {status.value}
    assert {b.project for b in client.get_batches(project_name="lidar_streets")} == {
        "lidar_streets"
    }
    page = client.batches(limit=7, offset=245)
    assert (len(page), page.total, page.has_more) == (5, 250, False)


def test_times_in_its_own_form_bound_the_list(client: scaleapi.ScaleClient):
    month_ago = (MONDAY - timedelta(days=30)).strftime("%Y-%m-%d %H:%M:%S.%f")
    newer = [batch.name for batch in client.get_batches(created_after=month_ago)]
    older = [batch.name for batch in client.get_batches(created_before=month_ago)]
    assert newer
    assert older
    assert len(newer) + len(older) == 250


def test_errors_are_its_own_exceptions(client: scaleapi.ScaleClient, sandbox: Sandbox):
    with pytest.raises(ScaleResourceNotFound):
        client.get_batch("nobody")
    with pytest.raises(ScaleInvalidRequest):
        client.batches(limit=1000)
    with pytest.raises(ScaleUnauthorized):
        scaleapi.ScaleClient("wrong_key", api_instance_url=sandbox.url).projects()


def test_its_test_key_sees_another_world(client: scaleapi.ScaleClient, sandbox: Sandbox):
    client.create_batch("kitten_labeling", "only live")
    other = scaleapi.ScaleClient(TEST_KEY, api_instance_url=sandbox.url)
    with pytest.raises(ScaleResourceNotFound):
        other.get_batch("only live")
