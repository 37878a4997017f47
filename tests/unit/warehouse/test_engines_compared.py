"""The comparison of both engines finds what it is there to find."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from engines import MARTS, differences, documented, key_of

ROW = "'nl', DATE '2025-01-01', 1.5::DECIMAL(18,4), 0.25::DOUBLE, NULL::VARCHAR"


def _database(path: Path, *rows: str) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA marts")
        connection.execute(
            "CREATE TABLE marts.days"
            " (site VARCHAR, day DATE, amount DECIMAL(18,4), ratio DOUBLE, note VARCHAR)"
        )
        for row in rows:
            connection.execute(f"INSERT INTO marts.days VALUES ({row})")
    return path


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (ROW, None),
        (ROW.replace("0.25", "0.25 + 1e-12"), None),
        (
            ROW.replace("0.25", "0.25 + 1e-9"),
            "[site nl, day 2025-01-01] ratio: DuckDB 0.25, Spark 0.250000001",
        ),
        (ROW.replace("1.5", "1.5001"), "[site nl, day 2025-01-01] amount: DuckDB 1.5000, Spark 1.5001"),
        (ROW.replace("NULL", "''"), "[site nl, day 2025-01-01] note: DuckDB null, Spark "),
        (ROW.replace("0.25", "NULL"), "[site nl, day 2025-01-01] ratio: DuckDB 0.25, Spark null"),
    ],
)
def test_a_value_that_differs_is_one_line(tmp_path: Path, row: str, line: str | None) -> None:
    files = _database(tmp_path / "d.duckdb", ROW), _database(tmp_path / "s.duckdb", row)
    expected = [f"marts.days {line}"] if line is not None else []
    assert differences(*files, "marts.days", ["site", "day"]) == expected


def test_a_row_that_one_engine_lacks_is_one_line(tmp_path: Path) -> None:
    other = ROW.replace("'nl'", "NULL")
    files = _database(tmp_path / "d.duckdb", ROW, other), _database(tmp_path / "s.duckdb", ROW)
    assert differences(*files, "marts.days", ["site", "day"]) == [
        "marts.days [site null, day 2025-01-01] (row): DuckDB has it, Spark lacks it"
    ]


@pytest.mark.parametrize("mart", sorted(MARTS))
def test_every_mart_has_a_key(mart: str) -> None:
    assert set(key_of(mart)) <= {column["name"] for column in documented(mart)["columns"]}
    assert key_of(mart)
