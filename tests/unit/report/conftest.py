"""One empty snapshot for all tests of sections: what a test adds is taken back."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from small_snapshot import small_snapshot


@pytest.fixture(scope="session")
def _empty_snapshot() -> Iterator[duckdb.DuckDBPyConnection]:
    with small_snapshot() as con:
        yield con


@pytest.fixture
def con(_empty_snapshot: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every table of a snapshot, without a row."""
    _empty_snapshot.begin()
    yield _empty_snapshot
    _empty_snapshot.rollback()
