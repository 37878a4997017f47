"""dbt in this process: the only module that imports it."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mandje.errors import MandjeError
from mandje.shop.settings import Shop
from mandje.system.machine import machine_fault
from mandje.system.shipped import shipped
from mandje.warehouse.connection import engine_config

PROJECT = shipped("dbt_project")

Variable = str | int | bool | list[str] | list[dict[str, str]]
Variables = Mapping[str, Variable]
AS_OF_DATE = "as_of_date"
# What dbt last read.
_PROJECTS: dict[tuple[object, ...], Any] = {}


@dataclass(frozen=True, slots=True)
class NodeResult:
    """What dbt says of one model, seed or test.

    `kind`: model, seed, test or unit_test. `schema`: the layer of a model. `status`: success, pass, warn,
    fail, error or skipped. `description` is the project's, `message` dbt's; both are one line. Of a test:
    `failing_rows` is how many rows it listed, `sql` what listed them; `told` its own sentence for a failure
    (`meta: told`), with {count} for their number; `generic` names the generic test and what it was given.
    """

    name: str
    kind: str
    schema: str
    status: str
    description: str
    message: str
    seconds: float
    failing_rows: int | None = None
    sql: str = ""
    told: str = ""
    generic: Mapping[str, Any] = field(default_factory=dict)


def run_dbt(shop: Shop, command: str, selection: Sequence[str], variables: Variables) -> list[NodeResult]:
    """Run one dbt command (`build`, `test`) on the shop's working database; release its lock after.

    Where Spark builds the marts, run it within `warehouse.spark.open_spark`: dbt takes the session that is
    open. Logs, the parsed project and compiled SQL go to `warehouse/dbt/` of the shop.

    Raises:
        MandjeError: dbt could not start, because of the project or the database.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    said = [*_options(shop), "--vars", json.dumps(dict(variables))]
    with _environment(shop, variables):
        try:
            project = _read_project(shop)
            outcome: Any = dbtRunner(project).invoke([command, *selection, *said])
        finally:
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    results = getattr(outcome.result, "results", None)
    if results is None:
        raise machine_fault(_one_line(str(outcome.exception)), shop) or MandjeError(
            f"dbt {command} could not start",
            file=str(PROJECT),
            found=_one_line(str(outcome.exception)),
            next_step=f"mend the project; dbt's own log is {dbt_log(shop)}",
        )
    return [_result(result) for result in results]


def _read_project(shop: Shop) -> Any:  # noqa: ANN401  dbt's manifest
    """The project as dbt understands it, None where it cannot be read.

    Read without the settings of any shop, which SQL takes in when it runs: only a change of the project makes
    dbt parse it anew. Even to see that nothing changed costs dbt a second, and a night runs it four times, so
    that a process reads it once.
    """
    from dbt.cli.main import dbtRunner

    changed = [path.stat().st_mtime_ns for path in PROJECT.rglob("*")]
    key = (str(PROJECT), shop.settings.engine.build, len(changed), max(changed, default=0))
    if key not in _PROJECTS:
        _PROJECTS.clear()
        read: Any = dbtRunner().invoke(["parse", *_options(shop)]).result
        if read is None:
            return None
        _PROJECTS[key] = read
    return _PROJECTS[key]


def documented_mart(mart: str, models: Path = PROJECT / "models") -> dict[str, Any]:
    """What the yml file of a mart says of it and its columns, whatever folder of the marts it stands in."""
    path = next((models / "marts").rglob(f"{mart}.yml"))
    model: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]
    return model


def dbt_log(shop: Shop) -> Path:
    """Where dbt writes all that it did."""
    return _folder(shop) / "logs" / "dbt.log"


def _folder(shop: Shop) -> Path:
    return shop.warehouse.parent / "dbt"


def _options(shop: Shop) -> list[str]:
    folder = _folder(shop)
    return [
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
        *("--target", shop.settings.engine.build),
        *("--quiet", "--log-level", "none", "--no-use-colors", "--no-send-anonymous-usage-stats"),
        "--no-write-json",  # nobody reads the manifest, and writing it costs a second per command
    ]


@contextmanager
def _environment(shop: Shop, variables: Variables) -> Iterator[None]:
    config = engine_config(shop)
    with _without_number_sign(shop.warehouse) as warehouse:
        ours = {
            "MANDJE_AS_OF_DATE": str(variables[AS_OF_DATE]),
            "MANDJE_WAREHOUSE": str(warehouse),
            "MANDJE_MEMORY_LIMIT": config["memory_limit"],
            "MANDJE_TEMP_DIRECTORY": config["temp_directory"],
            "MANDJE_THREADS": config["threads"],
            "DO_NOT_TRACK": "1",
        }
        before = {name: os.environ.get(name) for name in ours}
        os.environ.update(ours)
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


@contextmanager
def _without_number_sign(path: Path) -> Iterator[Path]:
    """The path, by a link where it holds `#`: dbt takes that for the end of it."""
    if "#" not in str(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="mandje-") as folder:
        link = Path(folder) / "warehouse"
        link.symlink_to(path.parent)
        yield link / path.name


def _result(result: Any) -> NodeResult:  # noqa: ANN401  dbt's results have no public type
    node = result.node
    return NodeResult(
        name=node.name,
        kind=str(node.resource_type),
        schema=node.schema,
        status=str(result.status),
        description=_one_line(getattr(node, "description", "")),
        message=_one_line(result.message or ""),
        seconds=round(result.execution_time, 3),
        failing_rows=result.failures,
        sql=getattr(node, "compiled_code", None) or "",
        told=_one_line(node.config.meta.get("told", "")),
        generic=_generic(node),
    )


def _generic(node: Any) -> dict[str, Any]:  # noqa: ANN401
    """Of a generic test: its `name`, its arguments, and the `model` that it stands on."""
    metadata = getattr(node, "test_metadata", None)
    if metadata is None:
        return {}
    model = str(node.attached_node or "").rpartition(".")[2]
    return dict(metadata.kwargs) | {"name": metadata.name, "model": model}


def _one_line(text: str) -> str:
    return " ".join(text.split())
