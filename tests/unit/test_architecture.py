"""The layout tells the flow: who may import whom, and how long things may be."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

from repository import ROOT

SOURCE = ROOT / "src" / "mandje"
BASE = {
    *("contracts", "csv_cells", "errors", "findings", "holds", "literals", "machine", "modes", "own_files"),
    *("run_date", "settings", "shop_sections", "source_settings"),
}
STAGE_PACKAGES = {"ingest", "warehouse", "predict", "publish", "observe"}

# Package or module of mandje → what it may import besides itself.
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "contracts": {"errors"},
    "findings": set(),
    "closed_days": set(),
    "csv_cells": set(),
    "literals": set(),
    "source_settings": {"errors", "contracts", "closed_days"},
    "shop_sections": {"contracts", "source_settings"},
    "settings": {"errors", "contracts", "shop_sections", "source_settings"},
    "run_date": {"errors", "settings"},
    "own_files": {"errors"},
    "holds": {"errors", "settings", "own_files"},
    "modes": {"errors", "settings", "own_files"},
    "machine": {"errors", "settings", "own_files", "modes"},
    "adapters": BASE,
    "ingest": BASE | {"adapters"},
    "warehouse": BASE,
    "predict": BASE,
    "publish": BASE,
    "observe": BASE,
    "prepare": BASE,
    "starter": BASE,
    "simulate": BASE | {"prepare"},
    "comparison": BASE | STAGE_PACKAGES,
    "evidence": BASE | STAGE_PACKAGES,
    "outlook": BASE | STAGE_PACKAGES,
    "before": BASE | STAGE_PACKAGES,
    "take_away": BASE | STAGE_PACKAGES | {"before"},
    "truth": BASE | STAGE_PACKAGES | {"evidence", "simulate"},
    "pipeline": BASE | STAGE_PACKAGES | {"before", "comparison", "evidence", "outlook", "take_away"},
    "unmake": BASE | {"pipeline", "take_away"},
    "orchestrate": BASE | {"pipeline", "observe"},
    "__main__": {"cli"},
    "cli": BASE
    | STAGE_PACKAGES
    | {
        "adapters",
        "evidence",
        "pipeline",
        "orchestrate",
        "prepare",
        "starter",
        "simulate",
        "take_away",
        "truth",
        "unmake",
    },
}
# Heavy libraries → the only modules that may import them.
ONLY_IN = {
    "great_expectations": {"observe/expectations.py"},
    "lifetimes": {"predict/purchase_model.py", "predict/spend_model.py"},
    "dbt": {"warehouse/dbt.py"},
    "pyspark": {"warehouse/spark.py"},
    "airflow": set(),
}
# Put together, so that this file does not find itself.
LEFT_OVERS = ["".join(parts) for parts in (("TO", "DO"), ("FIX", "ME"), ("/ro", "ot/"), ("/wo", "rk/"))]
MODULES = sorted(SOURCE.rglob("*.py"))


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{name.name}" for name in node.names}
    return found


def _part(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def _forbidden(path: Path) -> set[str]:
    part = _part(path)
    parts = {name.split(".")[1] for name in _imports(path) if name.startswith("mandje.")}
    return parts - MAY_IMPORT[part] - {part}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_follow_the_flow(path: Path) -> None:
    if path != SOURCE / "__init__.py":
        assert _forbidden(path) == set()


def test_a_forbidden_import_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = tmp_path / "publish" / "planted.py"
    planted.parent.mkdir()
    planted.write_text("from mandje.ingest import load\n")
    monkeypatch.setattr(f"{__name__}.SOURCE", tmp_path)
    assert _forbidden(planted) == {"ingest"}


@pytest.mark.parametrize("library", ONLY_IN)
def test_heavy_libraries_are_imported_in_one_place(library: str) -> None:
    importers = {
        str(path.relative_to(SOURCE))
        for path in MODULES
        if any(name.split(".")[0] == library for name in _imports(path))
    }
    assert importers <= ONLY_IN[library]


def _functions_longer_than(limit: int) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in [*MODULES, *(ROOT / "dags").glob("*.py")]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _length(node) > limit
    ]


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) else node.body
    end = node.end_lineno or node.lineno
    return end - body[0].lineno + 1 if body else 0


def test_functions_are_short() -> None:
    assert _functions_longer_than(40) == []
    assert _functions_longer_than(5) != []


@pytest.mark.parametrize(
    ("pattern", "limit"),
    [("src/mandje/**/*.py", 300), ("dbt_project/models/**/*.sql", 100), ("dags/*.py", 120)],
)
def test_files_are_short(pattern: str, limit: int) -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in ROOT.glob(pattern)}
    assert lengths
    assert {name: length for name, length in lengths.items() if length > limit} == {}


def test_no_file_names_a_machine_or_leaves_work_undone() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    left_overs = [
        name
        for name in tracked.splitlines()
        if (ROOT / name).suffix in {".py", ".sql", ".yml", ".toml", ".md"}
        and any(word in (ROOT / name).read_text() for word in LEFT_OVERS)
    ]
    assert tracked
    assert left_overs == []
