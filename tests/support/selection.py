"""In which order tests begin, and which of them measure coverage."""

from importlib import import_module
from pkgutil import iter_modules

import pytest

from batches import templatetags


# last: pytest-randomly shuffles them first
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("hypothesis"):
            item.add_marker(pytest.mark.no_cover)  # a hundred examples take one path
    # what takes long begins first, or one worker would be left with it at the end
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection() -> None:
    """Import what requests import: the first test to do so may be one that is not measured."""
    import_module("dashboard.urls")
    import_module("dashboard.web.error_reports")
    for module in iter_modules(templatetags.__path__, "batches.templatetags."):
        import_module(module.name)
