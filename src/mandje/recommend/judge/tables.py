"""The kept judgements of all months as a table of schema `ops`, for `recommendation_quality`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import duckdb
import polars as pl

Row = dict[str, Any]

_SCHEMA = {
    "judged_month": pl.Date(),
    "task": pl.String(),
    "cut_date": pl.Date(),
    "method": pl.String(),
    "champion": pl.String(),
    "unit_count": pl.Int64(),
    "half_life_days": pl.Float64(),
    "recall_at_10_ratio": pl.Float64(),
    "precision_at_10_ratio": pl.Float64(),
    "shown_product_count": pl.Int64(),
    "recall_gain_ratio": pl.Float64(),
    "recall_gain_standard_error_ratio": pl.Float64(),
    "why": pl.String(),
}


def show_recommendation_tests(con: duckdb.DuckDBPyConnection, judgements: Iterable[Row]) -> None:
    """Write the table anew, from judgements as their files hold them."""
    found = [row for judgement in judgements for row in _rows(judgement)]
    con.execute("create schema if not exists ops")
    con.register("recommendation_rows", pl.DataFrame(found, schema=_SCHEMA))
    con.execute("create or replace table ops.recommendation_tests as from recommendation_rows")
    con.unregister("recommendation_rows")


def _rows(judgement: Row) -> Iterator[Row]:
    """One row per task, window and method; where nothing could be tried, one per task that says why."""
    for task in judgement["tasks"]:
        of_task = {
            "judged_month": date.fromisoformat(judgement["month"]),
            **{name: task[name] for name in ("task", "champion", "why")},
        }
        if not task["windows"]:
            yield of_task | {"method": task["champion"]}
        for window in task["windows"]:
            for score in window["scores"]:
                yield of_task | {
                    "cut_date": date.fromisoformat(window["cut"]),
                    "unit_count": window["units"],
                    "half_life_days": window["half_life_days"],
                    "method": score["form"],
                    "recall_at_10_ratio": score["recall"],
                    "precision_at_10_ratio": score["precision"],
                    "shown_product_count": score["shown_products"],
                    "recall_gain_ratio": score["gain"],
                    "recall_gain_standard_error_ratio": score["standard_error"],
                }
