import importlib
import json
from pathlib import Path

import pytest

from mandje.publish.public_contract import (
    PublicContract,
    compare,
    documented_tables,
    read_contract,
    record_contract,
    renewed,
)
from mandje.publish.tables import DATE_COLUMNS
from repository import ROOT

REGENERATE = "run `python dbt_project/public_contract.py` and commit dbt_project/public_contract.json"
PROMISED = PublicContract(3, {"marts.orders": {"order_id": "VARCHAR", "total_amount": "DECIMAL(18,4)"}})


def test_the_record_equals_what_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "dbt_project")
    built_tables = importlib.import_module("public_contract").built_tables
    changes = compare(read_contract().tables, built_tables())
    assert not changes.removed, REGENERATE
    assert not changes.retyped, REGENERATE
    assert not changes.added, REGENERATE


def test_dated_facts_have_their_date_column() -> None:
    tables = {table.split(".")[1]: columns for table, columns in read_contract().tables.items()}
    assert {
        name: column for name, column in DATE_COLUMNS.items() if tables.get(name, {}).get(column) != "DATE"
    } == {}


def test_public_names_are_unique_across_schemas() -> None:
    names = [table.split(".")[1] for table in read_contract().tables]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("built", "version"),
    [
        ({"order_id": "VARCHAR", "total_amount": "DECIMAL(18,4)"}, 3),
        ({"order_id": "VARCHAR", "total_amount": "DECIMAL(18,4)", "site": "VARCHAR"}, 3),
        ({"order_id": "VARCHAR"}, 4),
        ({"order_id": "VARCHAR", "total_amount": "DOUBLE"}, 4),
    ],
)
def test_the_version_rises_only_when_readers_break(built: dict[str, str], version: int) -> None:
    tables = {"marts.orders": built}
    assert renewed(PROMISED, tables) == PublicContract(version, tables)


def test_a_removed_table_breaks_readers() -> None:
    changes = compare(PROMISED.tables, {})
    assert changes.removed == ("marts.orders.order_id", "marts.orders.total_amount")
    assert changes.breaks_readers


def write_model(folder: Path, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.yml").write_text(text)


def test_recording_reads_the_models_and_keeps_the_promise(tmp_path: Path) -> None:
    models, record = tmp_path / "models", tmp_path / "contract.json"
    write_model(models / "marts", "models: [{name: orders, columns: [{name: id, data_type: varchar}]}]")
    write_model(models / "predictions", "sources: [{name: predictions, tables: []}]")
    tables = {"marts.orders": {"id": "VARCHAR"}}
    assert documented_tables(models) == tables
    assert record_contract(tables, record) == PublicContract(1, tables)
    retyped = {"marts.orders": {"id": "BIGINT"}}
    assert record_contract(retyped, record).version == 2
    assert json.loads(record.read_text())["version"] == 2
    assert record_contract(retyped, record).version == 2
