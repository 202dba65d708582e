"""In which order tests begin, and which of them measure coverage."""

from pathlib import Path

import pytest

# They take the paths that tests of the rooms take as well, and measuring doubles their time.
NOT_MEASURED = ("tests/faults/", "tests/security/")
MEASURED = ("test_accounts.py", "test_locks.py", "test_lockouts.py", "test_people.py")


# last: pytest-randomly shuffles them first
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        path = item.path.relative_to(config.rootpath)
        if is_costly_to_measure(path) or item.get_closest_marker("hypothesis"):
            item.add_marker(pytest.mark.no_cover)
    # what takes long begins first, or one worker would be left with it at the end
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def is_costly_to_measure(path: Path) -> bool:
    return path.as_posix().startswith(NOT_MEASURED) and path.name not in MEASURED
