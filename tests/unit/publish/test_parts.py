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


def test_rows_without_a_day_have_a_folder_of_their_own(tmp_path: Path) -> None:
    table = PublicTable("marts", "told", "", (), is_journal=False, date_column="told_date", view=None)
    with duckdb.connect() as con:
        con.execute("ATTACH ':memory:' AS snapshot; CREATE SCHEMA snapshot.marts")
        con.execute(f"CREATE TABLE snapshot.marts.told AS SELECT unnest([DATE '{DAY}', NULL]) AS told_date")
        write_parquet(con, tmp_path / "full", [table], DAY)
        assert names(tmp_path / "full" / "told") == ["month=2011-12", "month=__HIVE_DEFAULT_PARTITION__"]
        everything = f"read_parquet('{tmp_path}/full/told/**/*.parquet', hive_partitioning = true)"
        read = con.execute(f"SELECT told_date, month IS NULL FROM {everything} ORDER BY ALL").fetchall()
    assert read == [(DAY, False), (None, True)]
