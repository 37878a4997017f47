"""All that a shop's folder says, without seconds: equal pictures, equal shops."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from command_line import mandje
from mandje.cli.screens.terminal import console
from mandje.night.pipeline import due_nights
from mandje.publish.content_hash import VOLATILE, content_hash
from mandje.publish.tables import public_tables
from mandje.shop.settings import Shop

# How long things took, and what a publish found to prune: what is pruned stays gone.
_VOLATILE_KEYS = {"seconds", "slowest", "removed"}
_CHANCE = VOLATILE | {"seconds"}

Picture = dict[str, Any]


def picture(shop: Shop) -> Picture:
    """What each part says; equal for equal histories of nights over equal exports with an equal key."""
    return {
        "said": [_said(shop, words) for words in (("status",), ("reconcile",), ("publish", "--check"))],
        "due": due_nights(shop),
        "working": dict(_working(shop)),
        **on_disk(shop),
    }


def on_disk(shop: Shop) -> Picture:
    """What lies in the folders besides the working database."""
    return {
        "published": dict(_published(shop)),
        "ops": dict(_ops(shop)),
        "raw": dict(_bytes(shop.raw)),
        "quarantine": dict(_bytes(shop.quarantine)),
    }


def assert_equal(found: Picture, expected: Picture) -> None:
    """Equal part by part, so that a difference is seen where it is."""
    for part, content in expected.items():
        assert found[part] == content, f"{part}: {found[part]!r:.4000} instead of {content!r:.4000}"


def _said(shop: Shop, words: tuple[str, ...]) -> str:
    command, *options = words
    # So wide that no line is cut or wrapped: folders of other lengths must not differ.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(console, "width", 10_000)
        said = mandje(command, shop.folder, *options)
    return f"{said.exit_code} {said.stdout}{said.stderr}".replace(str(shop.folder), "SHOP")


def _working(shop: Shop) -> Iterator[tuple[str, str]]:
    marker = shop.warehouse.with_name("build.json")
    yield "marker", marker.read_text() if marker.exists() else ""
    if shop.warehouse.exists():
        with duckdb.connect(str(shop.warehouse), read_only=True) as con:
            for table in public_tables(con):
                yield table.qualified, content_hash(con, table.schema, table.name, VOLATILE)


def _published(shop: Shop) -> Iterator[tuple[str, str]]:
    for path in sorted(shop.published.iterdir()) if shop.published.is_dir() else ():
        if path.is_symlink():
            yield path.name, path.resolve(strict=True).name
        elif path.suffix == ".json":
            yield path.name, path.read_text()
        elif path.is_dir():
            yield path.name, _snapshot(path)


def _snapshot(folder: Path) -> str:
    with duckdb.connect(str(folder / "mandje.duckdb"), read_only=True) as con:
        names = con.execute("select schema_name, table_name from duckdb_tables() order by all").fetchall()
        return str([(schema, name, content_hash(con, schema, name, _CHANCE)) for schema, name in names])


def _ops(shop: Shop) -> Iterator[tuple[str, Any]]:
    for path in _files(shop.ops):
        name = str(path.relative_to(shop.ops))
        if path.suffix == ".parquet":
            yield name, str(duckdb.read_parquet(str(path)).order("all").fetchall())
        elif path.suffix == ".json":
            yield name, _plain(json.loads(path.read_text()))
        elif path.name != "night.lock":  # what a kill left half written
            yield name, hashlib.sha256(path.read_bytes()).hexdigest()


def _plain(content: Any) -> Any:
    if isinstance(content, dict):
        return {name: _plain(value) for name, value in content.items() if name not in _VOLATILE_KEYS}
    return [_plain(value) for value in content] if isinstance(content, list) else content


def _bytes(folder: Path) -> Iterator[tuple[str, str]]:
    for path in _files(folder):
        if path.name != ".hashes.json":
            yield str(path.relative_to(folder)), hashlib.sha256(path.read_bytes()).hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
