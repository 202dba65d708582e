"""A key, a deadline, a client, and one call of each endpoint."""

from collections.abc import Callable, Iterator

import pytest
import responses

from batches.refonte import Client, Deadline, Secret
from tests.faults.certificates import Authority

BASE_URL = "https://api.refonte.test/v1"


@pytest.fixture
def key() -> Secret:
    return Secret("live_4fQ/9zK+7bXw2mPd")


@pytest.fixture
def deadline() -> Deadline:
    return Deadline(5)


@pytest.fixture
def client() -> Client:
    return Client(BASE_URL)


@pytest.fixture
def vendor() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


Call = Callable[[Client, Secret, Deadline], object]

READS: dict[str, Call] = {
    "list": lambda client, key, deadline: client.list_projects(key, deadline=deadline),
    "get": lambda client, key, deadline: client.get_batch(key, "kitten-07", deadline=deadline),
    "status": lambda client, key, deadline: client.get_status(key, "kitten-07", deadline=deadline),
}
WRITES: dict[str, Call] = {
    "create": lambda client, key, deadline: client.create_batch(
        key, project="kittens", name="kitten-07", deadline=deadline
    ),
    "finalize": lambda client, key, deadline: client.finalize_batch(
        key, "kitten-07", deadline=deadline
    ),
    "prioritize": lambda client, key, deadline: client.prioritize_batch(
        key, "kitten-07", 25, deadline=deadline
    ),
}
