"""Folders of a dated table: what a night adds leaves the files of before as they are."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from hand_built import names
from mandje.publish.catalogue.public_table import PublicTable
from mandje.publish.contents import write_parquet

DAY = date(2011, 12, 9)


@pytest.mark.parametrize(
    ("is_journal", "parts"),
    [(False, ["month=2011-11", "month=2011-12"]), (True, ["day=2011-11-30", "day=2011-12-09"])],
)
def test_facts_have_a_file_per_month_and_journals_one_per_day(
    tmp_path: Path, *, is_journal: bool, parts: list[str]
) -> None:
    table = PublicTable("marts", "told", "", (), is_journal, "told_date", None)
    with duckdb.connect() as con:
        con.execute("ATTACH ':memory:' AS snapshot; CREATE SCHEMA snapshot.marts")
        con.execute(f"CREATE TABLE snapshot.marts.told AS SELECT DATE '{DAY}' AS told_date LIMIT 0")
        write_parquet(con, tmp_path / "empty", [table], DAY)
        con.execute(f"INSERT INTO snapshot.marts.told VALUES ('2011-11-30'), ('{DAY}')")
        write_parquet(con, tmp_path / "full", [table], DAY)
    assert names(tmp_path / "empty" / "told") == parts[1:]
    assert names(tmp_path / "full" / "told") == parts
