"""Which files import which: no cycle in the product, no test module that another one needs."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

TESTS = Path(__file__).parent


def imported_by(path: Path) -> set[str]:
    """Modules that a file of tests imports, under either way to write it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return found


@pytest.mark.parametrize("folder", sorted(p.name for p in TESTS.iterdir() if p.is_dir()))
def test_no_file_imports_a_test_module(folder: str) -> None:
    # what two of them need stands in tests/support, where no test is collected with it
    files = (TESTS / folder).rglob("*.py")
    found = {
        f"{path.relative_to(TESTS)}: {name}"
        for path in files
        for name in imported_by(path)
        if any(part.startswith("test_") for part in name.split("."))
    }
    assert found == set()


def test_no_files_of_the_product_import_each_other_in_a_cycle() -> None:
    # import-linter, which brings grimp, has a contract for cycles of packages only
    graph = grimp.build_graph("batches", "dashboard")
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    TopologicalSorter(imports).prepare()  # raises CycleError, with the cycle in its message
