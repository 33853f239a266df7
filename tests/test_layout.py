"""The layout of the packages: none grows too large."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MOST_MODULES = 14


def test_no_test_module_imports_another():
    modules = {path: path.read_text() for path in (ROOT / "tests").rglob("*.py")}
    importing = re.compile(r"^\s*(from|import) tests\b.*\btest_", re.MULTILINE)
    assert len(modules) > 100
    assert [path for path, text in modules.items() if importing.search(text)] == []


@pytest.mark.parametrize("program", ["api", "benchmarks", "music", "proto", "serving", "training"])
def test_no_package_has_more_than_14_modules(program):
    modules = Counter(path.parent.relative_to(ROOT) for path in (ROOT / program).rglob("*.py"))
    assert modules
    assert {package: n for package, n in modules.items() if n > MOST_MODULES} == {}
