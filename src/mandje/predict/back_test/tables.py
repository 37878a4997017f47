"""The kept judgements of all months as tables of the schema `ops`, for the marts on the models' quality."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import duckdb
import polars as pl

from mandje.predict.models.rounding import six_digits

Row = dict[str, Any]
Schema = dict[str, pl.DataType]

_MEASURES = (
    *("total_ratio", "total_spend_ratio", "auc", "brier", "log_loss", "calibration_error"),
    *("mean_absolute_error", "top_orders_share", "top_spend_share", "pit_share"),
    *("coverage", "coverage_told"),
)
_CUT: Schema = {
    "judged_month": pl.Date(),
    "champion": pl.String(),
    "cut_date": pl.Date(),
    "horizon_days": pl.Int64(),
    "customer_count": pl.Int64(),
    "is_crossed": pl.Boolean(),
    "contender": pl.String(),
}
_SCHEMAS: dict[str, Schema] = {
    "back_tests": _CUT
    | {name: pl.Float64() for name in _MEASURES}
    | {"season_factor": pl.Float64(), "fault": pl.String(), "warning": pl.String()},
    "form_duels": {
        "judged_month": pl.Date(),
        "champion": pl.String(),
        "duel_number": pl.Int64(),
        "holder": pl.String(),
        "challenger": pl.String(),
        "has_challenger_won": pl.Boolean(),
        "why": pl.String(),
        "gain": pl.Float64(),
        "standard_error": pl.Float64(),
        "cuts_won": pl.Int64(),
        "cut_count": pl.Int64(),
        "first_cut_date": pl.Date(),
        "last_cut_date": pl.Date(),
        "horizon_days": pl.Int64(),
        "is_crossed": pl.Boolean(),
    },
    "back_test_bins": _CUT
    | {
        "kind": pl.String(),
        "bin_name": pl.String(),
        "bin_customer_count": pl.Int64(),
        "told_probability": pl.Float64(),
        "came_ratio": pl.Float64(),
    },
}


def show_back_tests(con: duckdb.DuckDBPyConnection, judgements: Iterable[Row]) -> None:
    """Write the tables anew, from judgements as their files hold them; older ones may lack a measure."""
    kept = list(judgements)
    rows = {"back_tests": _scores, "back_test_bins": _bins, "form_duels": _duels}
    con.execute("create schema if not exists ops")
    for name, schema in _SCHEMAS.items():
        found = [row for judgement in kept for row in rows[name](judgement)]
        con.register("back_test_rows", pl.DataFrame(found, schema=schema))
        con.execute(f"create or replace table ops.{name} as from back_test_rows")
        con.unregister("back_test_rows")


def _scores(judgement: Row) -> Iterator[Row]:
    """One row per cut and contender; where nothing could be back-tested, one that says why."""
    if not judgement["cuts"]:
        yield _of_month(judgement) | {"contender": judgement["champion"], "fault": judgement["reason"]}
    for cut in judgement["cuts"]:
        for contender in [*cut["scores"], *cut["faults"]]:
            yield _of_cut(judgement, cut, contender) | {
                **cut["scores"].get(contender, {}),
                "season_factor": cut.get("season_factors", {}).get(contender),
                "fault": cut["faults"].get(contender),
                "warning": "; ".join(cut["warnings"].get(contender, [])) or None,
            }


def _duels(judgement: Row) -> Iterator[Row]:
    """One row per duel of the month, in the order in which they were fought; none without a cut."""
    cuts = judgement["cuts"]
    for number, duel in enumerate(judgement["duels"] if cuts else [], 1):
        days = sorted(date.fromisoformat(cut["cut"]) for cut in cuts)
        names = ("holder", "challenger", "why", "gain", "standard_error", "cuts_won")
        yield _of_month(judgement) | {
            "duel_number": number,
            **{name: duel.get(name) for name in names},
            "has_challenger_won": duel["wins"],
            "cut_count": len(cuts),
            "first_cut_date": days[0],
            "last_cut_date": days[-1],
            "horizon_days": cuts[0]["horizon_days"],
            "is_crossed": cuts[0]["is_crossed"],
        }


def _bins(judgement: Row) -> Iterator[Row]:
    for cut in judgement["cuts"]:
        for kind, group in (("tenth", cut["tenths"]), ("churn_band", cut["bands"])):
            for form, bins in group.items():
                for name, found in bins.items():
                    yield _of_cut(judgement, cut, form) | _bin(kind, name, found)


def _bin(kind: str, name: str, found: Row) -> Row:
    return {
        "kind": kind,
        "bin_name": str(int(name) + 1) if kind == "tenth" else name,
        "bin_customer_count": found["customers"],
        "told_probability": six_digits(found["told"]),
        "came_ratio": six_digits(found["came"]),
    }


def _of_month(judgement: Row) -> Row:
    month = date.fromisoformat(judgement["month"])
    return {"judged_month": month, "champion": judgement["champion"]}


def _of_cut(judgement: Row, cut: Row, contender: str) -> Row:
    return _of_month(judgement) | {
        "cut_date": date.fromisoformat(cut["cut"]),
        "horizon_days": cut["horizon_days"],
        "customer_count": cut["customers"],
        "is_crossed": cut["is_crossed"],
        "contender": contender,
    }
