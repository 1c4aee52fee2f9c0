"""Habits that a machine can hold."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
PYTHON = [name for name in TRACKED if name.startswith(("server/", "tenancy/")) and name.endswith(".py")]
BROWSER = [name for name in TRACKED if name.startswith("web/") and name.endswith((".ts", ".tsx"))]


@pytest.mark.parametrize("name", [*PYTHON, *BROWSER])
def test_files_fit_into_a_head(name: str) -> None:
    assert len((ROOT / name).read_text().splitlines()) <= 300


@pytest.mark.parametrize("name", PYTHON)
def test_functions_are_short(name: str) -> None:
    for node in ast.walk(ast.parse((ROOT / name).read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name != "routes":
            assert (node.end_lineno or 0) - node.lineno < 60, node.name


def test_nothing_that_is_built_or_foreign_is_committed() -> None:
    assert [name for name in TRACKED if "node_modules" in name or "/dist/" in name or name.endswith(".whl")] == []
    assert [name for name in TRACKED if name.startswith("server/assets/")] == ["server/assets/__init__.py"]


def test_lock_files_name_no_host() -> None:
    for name in TRACKED:
        if name.endswith(("package-lock.json", ".lock", "requirements.txt")) or name.startswith("requirements/"):
            text = (ROOT / name).read_text()
            assert '"resolved": "http' not in text, name
            assert "index-url" not in text, name
            assert name.endswith("package-lock.json") or "://" not in text, name


def test_top_level() -> None:
    known = {
        ".ci", ".gitignore", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "Procfile", "README.md",
        "SECURITY.md", "bench", "docs", "hatch_build.py", "pyproject.toml", "requirements", "server", "tenancy", "tests", "web",
    }  # fmt: skip
    assert {name.partition("/")[0] for name in TRACKED} <= known
