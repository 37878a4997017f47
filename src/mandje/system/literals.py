"""Texts, names and paths as they stand in SQL: quoted, and no path is a pattern."""

from __future__ import annotations

import glob
from collections.abc import Iterable
from pathlib import Path


def text_literal(value: object) -> str:
    """A text or a path as an SQL literal."""
    return "'" + str(value).replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def parquet_rows(files: Iterable[Path], options: str = "") -> str:
    """A table function of DuckDB over exactly these Parquet files; no folder's name becomes a column."""
    paths = ", ".join(text_literal(glob.escape(str(path))) for path in files)
    return f"read_parquet([{paths}], hive_partitioning = false{options})"
