"""The layout tells the flow: who may import whom, and how long things may be."""

from __future__ import annotations

import ast
import subprocess
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from repository import ROOT

SOURCE = ROOT / "src" / "mandje"
STAGE_PACKAGES = {
    *("ingest", "warehouse", "predict", "experiments", "recommend", "publish", "observe", "report")
}
BASE = {"errors", "contracts", "shop", "system", "findings"}

# Package or module of mandje → what it may import besides itself. The order is the order of the flow.
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "cron": set(),
    "notify": {"errors"},
    "delivery_names": set(),
    "contracts": {"errors"},
    "shop": {"errors", "contracts", "cron", "notify"},
    "system": {"errors", "shop"},
    "findings": {"errors", "shop", "system"},
    "adapters": BASE,
    "ingest": BASE | {"adapters", "cron", "delivery_names"},
    "warehouse": BASE,
    "observe": BASE,
    "predict": BASE,
    "experiments": BASE,
    "recommend": BASE,
    "publish": BASE,
    "report": {"system"},
    "night": BASE | STAGE_PACKAGES,
    "prepare": BASE,
    "starter": BASE,
    "from_files": BASE | {"adapters", "starter"},
    "simulate": BASE | {"prepare"},
    "truth": BASE | STAGE_PACKAGES | {"night", "simulate"},
    "orchestrate": BASE | {"night", "observe"},
    "airflow": {"night", "system", "cron", "notify", "delivery_names"},
    "cli": BASE
    | STAGE_PACKAGES
    | {
        "adapters",
        "delivery_names",
        "from_files",
        "night",
        "notify",
        "orchestrate",
        "prepare",
        "simulate",
        "starter",
        "truth",
    },
    "__main__": {"cli"},
}
# Heavy libraries → the only modules that may import them.
ONLY_IN = {
    "great_expectations": {"observe/set_checks/expectations.py"},
    "lifetimes": {"predict/models/purchase_model.py", "predict/models/spend_model.py"},
    "dbt": {"warehouse/dbt.py"},
    "pyspark": {"warehouse/spark.py"},
    "airflow": {
        f"airflow/{name}.py"
        for name in ("assets", "connections", "factory", "notices", "operator", "waiting")
    },
}
# Put together, so that this file does not find itself.
LEFT_OVERS = ["".join(parts) for parts in (("TO", "DO"), ("FIX", "ME"), ("/ro", "ot/"), ("/wo", "rk/"))]
MODULES = sorted(SOURCE.rglob("*.py"))
MOST_FILES_IN_A_ROOM = 15


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


def _room(path: Path) -> str:
    return str(path.parent.relative_to(SOURCE))


def _rooms_imported(path: Path) -> set[str]:
    """Folders of the modules that a module imports, but for its own."""
    found = {SOURCE.joinpath(*name.split(".")[1:]) for name in _imports(path) if name.startswith("mandje.")}
    return {_room(one.with_suffix(".py")) for one in found if one.with_suffix(".py").exists()} - {_room(path)}


def _order_of_rooms(modules: list[Path]) -> list[str]:
    imported: dict[str, set[str]] = {}
    for path in modules:
        imported.setdefault(_room(path), set()).update(_rooms_imported(path))
    return list(TopologicalSorter(imported).static_order())


def test_rooms_import_in_one_direction() -> None:
    order = _order_of_rooms(MODULES)
    assert (
        order.index("ingest/read")
        < order.index("ingest/store")
        < order.index("ingest")
        < order.index("night")
    )


def test_a_circle_of_rooms_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.SOURCE", tmp_path)
    for name, other in (("read/one", "store.two"), ("store/two", "read.one")):
        (tmp_path / name).parent.mkdir()
        (tmp_path / f"{name}.py").write_text(f"from mandje.{other} import anything\n")
    with pytest.raises(CycleError):
        _order_of_rooms(sorted(tmp_path.rglob("*.py")))


def test_unit_tests_mirror_the_rooms() -> None:
    unit = ROOT / "tests" / "unit"
    rooms = {path.relative_to(unit).parent for path in unit.rglob("test_*.py")} - {Path()}
    assert rooms
    assert {str(room) for room in rooms if not (SOURCE / room).is_dir()} == set()


def _crowded(files: list[Path], most: int) -> dict[str, int]:
    folders = Counter(str(path.parent) for path in files if path.name not in ("__init__.py", "conftest.py"))
    return {folder: count for folder, count in folders.items() if count > most}


@pytest.mark.parametrize("pattern", ["src/**/*.py", "tests/**/*.py", "dbt_project/**/*.sql"])
def test_rooms_are_not_crowded(pattern: str) -> None:
    files = [path.relative_to(ROOT) for path in ROOT.glob(pattern)]
    assert _crowded(files, MOST_FILES_IN_A_ROOM) == {}
    assert _crowded(files, 5) != {}


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
