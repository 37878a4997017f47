"""The promise to readers: public tables, their columns and types, under a version.

`dbt_project/public_contract.json` records it. The version rises when a column is removed or retyped;
additions are recorded without raising it. After changing a public column, run
`python dbt_project/public_contract.py`: it raises the version where it must, and rewrites the record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from mandje.publish.tables import PUBLIC_SCHEMAS
from mandje.system.shipped import shipped

DBT_PROJECT = shipped("dbt_project")
RECORD = DBT_PROJECT / "public_contract.json"

# Table ("marts.orders") → column → SQL type.
Tables = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class PublicContract:
    """What is promised under a version."""

    version: int
    tables: Tables


@dataclass(frozen=True, slots=True)
class Changes:
    """How built tables differ from the promise: `table.column`, sorted."""

    removed: tuple[str, ...]
    retyped: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def breaks_readers(self) -> bool:
        """True where the version must rise."""
        return bool(self.removed or self.retyped)


def read_contract(record: Path = RECORD) -> PublicContract:
    """The recorded contract."""
    content = json.loads(record.read_text(encoding="utf-8"))
    return PublicContract(content["version"], content["tables"])


def documented_tables(models: Path = DBT_PROJECT / "models") -> dict[str, dict[str, str]]:
    """Tables, columns and types that dbt builds in the public layers, as their yml files say."""
    tables: dict[str, dict[str, str]] = {}
    for schema in PUBLIC_SCHEMAS:
        for path in sorted((models / schema).rglob("*.yml")):
            content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
            tables |= {f"{schema}.{table['name']}": _types(table) for table in content.get("models", ())}
    return tables


def _types(table: Mapping[str, object]) -> dict[str, str]:
    columns = table.get("columns", [])
    listed = columns if isinstance(columns, list) else []
    return {column["name"]: str(column["data_type"]).upper() for column in listed}


def compare(promised: Tables, built: Tables) -> Changes:
    """What was removed, retyped and added since the promise."""
    before, now = _flat(promised), _flat(built)
    return Changes(
        removed=tuple(sorted(before.keys() - now.keys())),
        retyped=tuple(sorted(name for name in before.keys() & now.keys() if before[name] != now[name])),
        added=tuple(sorted(now.keys() - before.keys())),
    )


def _flat(tables: Tables) -> dict[str, str]:
    return {f"{table}.{column}": kind for table, own in tables.items() for column, kind in own.items()}


def renewed(promised: PublicContract, built: Tables) -> PublicContract:
    """The contract that keeps the promise for what is built now."""
    rise = int(compare(promised.tables, built).breaks_readers)
    return PublicContract(promised.version + rise, built)


def record_contract(built: Tables, record: Path = RECORD) -> PublicContract:
    """Rewrite the record for what is built now; the first one is version 1."""
    promised = read_contract(record) if record.is_file() else PublicContract(1, {})
    contract = renewed(promised, built)
    content = {"version": contract.version, "tables": contract.tables}
    record.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return contract
