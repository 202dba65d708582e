"""In which order tests begin, and which of them measure coverage."""

import pytest


# last: pytest-randomly shuffles them first
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("hypothesis"):
            item.add_marker(pytest.mark.no_cover)  # a hundred examples take one path
    # what takes long begins first, or one worker would be left with it at the end
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
