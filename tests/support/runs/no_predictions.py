"""What Python writes between the two builds of a night, without rows, for customer marts to be built on."""

from __future__ import annotations

import duckdb

from mandje.experiments.results import show_results
from mandje.predict.back_test.tables import show_back_tests
from mandje.predict.journal import show_predictions
from mandje.predict.scores.columns import TABLES
from mandje.predict.totals.forecast_totals import show_totals
from mandje.recommend.judge.tables import show_recommendation_tests
from mandje.recommend.tonight.lists import recommend_nothing
from mandje.shop.settings import Shop
from mandje.warehouse.connection import open_warehouse


def predict_nothing(shop: Shop) -> None:
    """Make the tables that dbt reads as sources: of predictions, of back-tests, and all else."""
    with open_warehouse(shop) as connection:
        create_tables(connection)
        show_predictions(connection, shop)
        show_back_tests(connection, [])
        show_totals(connection, [])
        recommend_nothing(connection)
        show_recommendation_tests(connection, [])
        show_results(connection, [])


def create_tables(con: duckdb.DuckDBPyConnection) -> None:
    """The views of predictions as empty tables, which a test may fill."""
    con.execute("create schema if not exists predictions")
    for table, columns in TABLES.items():
        listed = ", ".join(f"{name} {kind}" for name, (kind, _) in columns.items())
        con.execute(f"create or replace table {table} ({listed})")
