"""Schema `ops` is built as it is described, both ways."""

from pathlib import Path

from mandje.night.ops_tables import ops_tables
from mandje.publish.catalogue.ops import OPS_TABLES
from tiny_shop import make_shop


def test_tables_and_columns_are_those_described(tmp_path: Path) -> None:
    built = {name: frame.columns for name, frame in ops_tables(make_shop(tmp_path / "shop")).items()}
    assert built == {name: list(table.columns) for name, table in OPS_TABLES.items()}
