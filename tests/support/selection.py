"""In which order tests begin, and which of them measure coverage."""

import sys
import threading
from collections import Counter
from collections.abc import Generator
from importlib import import_module
from pkgutil import iter_modules

import pytest
from coverage.tracer import CTracer

from batches import templatetags

CASES_MEASURED = 2  # of a test with a table of cases: the others take the same paths
IS_MEASURED = pytest.StashKey[bool]()


# last: pytest-randomly shuffles them first
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    cases: Counter[str] = Counter()
    # by name, so that another order measures the same
    for item in sorted(items, key=lambda item: item.nodeid):
        test = item.nodeid.partition("[")[0]
        cases[test] += 1
        # a hundred examples take one path; what takes long is told by many short tests as well
        is_left_out = any(map(item.get_closest_marker, ("hypothesis", "slow", "unmeasured")))
        item.stash[IS_MEASURED] = not is_left_out and cases[test] <= CASES_MEASURED
    # what takes long begins first, or one worker would be left with it at the end
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Measured, a page takes twice as long."""
    tracer, of_new_threads = sys.gettrace(), threading.gettrace()
    if item.stash[IS_MEASURED] or not isinstance(tracer, CTracer):
        return (yield)
    # not by `no_cover` of pytest-cov: it stops and starts what measured each thread of each earlier
    # test, of which there are many thousands
    tracer.stop()
    threading.settrace(None)
    try:
        return (yield)
    finally:
        tracer.start()
        threading.settrace(of_new_threads)


def pytest_collection() -> None:
    """Import what requests import: the first test to do so may be one that is not measured."""
    import_module("dashboard.urls")
    import_module("dashboard.web.error_reports")
    for module in iter_modules(templatetags.__path__, "batches.templatetags."):
        import_module(module.name)
