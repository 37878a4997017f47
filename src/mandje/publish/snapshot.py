"""Publish: copy what the gate let through to a snapshot, and send readers to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import duckdb
import polars as pl

from mandje.errors import MandjeError
from mandje.publish import published_folder
from mandje.publish.catalogue.about import Stand, about_rows
from mandje.publish.catalogue.public_table import PublicTable
from mandje.publish.changes import CHANGES, changes_since
from mandje.publish.content_hash import snapshot_hash
from mandje.publish.contents import DATABASE, PAGE, write_database, write_parquet
from mandje.publish.files import PRIVATE, seal
from mandje.publish.manifest import MANIFEST, build_manifest, file_bytes, own_rows
from mandje.publish.public_contract import read_contract
from mandje.publish.source import bring_to_rest, open_source
from mandje.publish.tables import public_tables
from mandje.shop.settings import Shop
from mandje.system.literals import text_literal
from mandje.system.own_files import write_own
from mandje.system.permissions import published_access

# What makes the morning report from a connection whose current database is the snapshot.
PageMaker = Callable[[duckdb.DuckDBPyConnection], str]


@dataclass(frozen=True, slots=True)
class Beside:
    """What a snapshot holds beside its content: tables of schema `ops` by name, and the morning report."""

    ops_tables: Mapping[str, pl.DataFrame]
    make_page: PageMaker


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did; `note` says it in one sentence.

    `folder` is the snapshot of this content, `current` the one that readers are sent to: another one while
    a rollback is pinned, or where this content is of an older date. `removed` names snapshots beyond those
    to keep. `rows` counts the tables of the snapshot, ops included.
    """

    folder: str
    as_of_date: date
    content_hash: str
    contract_version: int
    is_new: bool
    current: str
    rows: int
    removed: tuple[str, ...]
    note: str


def publish(shop: Shop, as_of_date: date, beside: Beside) -> Published:
    """Publish the working database as it stands at `as_of_date`; call it only when the gate has passed.

    What stands `beside` is no part of the content hash. May be run twice, and after
    a kill at any point: the old snapshot stays valid until one rename puts the new one in its place.

    Raises:
        MandjeError: no warehouse, no public table in it, or another process writes or publishes.
    """
    with published_folder.alone(shop):
        bring_to_rest(shop)
        private = shop.published / f"{PRIVATE}snapshot"
        with open_source(shop, shop.published / f"{PRIVATE}spill") as con:
            content_hash = snapshot_hash(con)
            folder = shop.published / f"{as_of_date}-{content_hash[:12]}"
            is_new = not published_folder.is_whole(folder)
            if is_new:
                stand = Stand(as_of_date, content_hash, read_contract().version)
                _write(con, shop, private, stand, beside)
        if is_new:
            seal(shop, private, published_access(shop))
            published_folder.put(shop, private, folder)
        published_folder.advance(shop, folder.name)
        return _published(shop, folder, is_new=is_new, removed=published_folder.prune(shop))


def _write(
    con: duckdb.DuckDBPyConnection,
    shop: Shop,
    folder: Path,
    stand: Stand,
    beside: Beside,
) -> None:
    tables = _existing(public_tables(con))
    folder.mkdir()
    about = partial(about_rows, con, shop, stand, tables, beside.ops_tables)
    write_database(con, folder / DATABASE, tables, beside.ops_tables, about)
    write_parquet(con, folder / "parquet", tables, stand.as_of_date)
    con.execute("DETACH snapshot")
    con.execute(f"ATTACH {text_literal(folder / DATABASE)} AS snapshot (READ_ONLY)")
    con.execute("USE snapshot")
    (folder / PAGE).write_text(beside.make_page(con), encoding="utf-8")
    con.execute("USE work")
    manifest = build_manifest(con, folder, stand)
    con.execute("DETACH snapshot")
    write_own(folder / CHANGES, changes_since(_before(shop), manifest["files"]))
    manifest["files"].append(file_bytes(folder, CHANGES))
    write_own(folder / MANIFEST, manifest)


def _before(shop: Shop) -> Path | None:
    """The snapshot that readers see, or where the link leads nowhere the newest that is there."""
    known = published_folder.snapshots(shop)
    return published_folder.current_snapshot(shop) or (known[-1].path if known else None)


def _existing(tables: tuple[PublicTable, ...]) -> tuple[PublicTable, ...]:
    if not tables:
        raise MandjeError("the warehouse has no public table", next_step="run the night: its build failed")
    return tables


def _published(shop: Shop, folder: Path, *, is_new: bool, removed: tuple[str, ...]) -> Published:
    manifest = published_folder.read_manifest(folder)
    current = published_folder.current_snapshot(shop) or folder
    return Published(
        folder=folder.name,
        as_of_date=date.fromisoformat(manifest["as_of_date"]),
        content_hash=manifest["content_hash"],
        contract_version=manifest["contract_version"],
        is_new=is_new,
        current=current.name,
        rows=own_rows(manifest["tables"]),
        removed=removed,
        note=_note(shop, folder, current, is_new=is_new),
    )


def _note(shop: Shop, folder: Path, current: Path, *, is_new: bool) -> str:
    said = f"{folder.name} is new" if is_new else f"nothing changed, {folder.name} stands already"
    if current.name == folder.name:
        return said
    why = "a rollback is pinned" if published_folder.read_pin(shop) else "it is of a newer date"
    return f"{said}; readers stay at {current.name}: {why}"
