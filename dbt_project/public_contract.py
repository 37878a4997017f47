"""Record what is promised to readers after a public column changed: rewrites public_contract.json beside it.

Run `python dbt_project/public_contract.py`. The version rises where a column is removed or retyped.
"""
# ruff: noqa: INP001  a script, no package

from mandje.predict.journal import JOURNALS
from mandje.predict.scores.columns import TABLES
from mandje.publish.public_contract import documented_tables, record_contract


def built_tables() -> dict[str, dict[str, str]]:
    """Public tables, columns and SQL types: marts as their yml documents them, predictions as written."""
    written = TABLES | JOURNALS
    predictions = {
        table: {name: kind for name, (kind, _) in columns.items()} for table, columns in written.items()
    }
    return documented_tables() | predictions


if __name__ == "__main__":
    record_contract(built_tables())
