"""What was predicted on which night: `ops/predictions/<as-of date>.parquet`, one row per person.

A night that runs again rewrites its own file. An older night run again leaves that night's file as it is: the
warehouse stands at a newer date then, and so do its predictions.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from mandje.predict.scores.columns import HORIZONS, TABLES, Columns
from mandje.shop.settings import Shop
from mandje.system.literals import parquet_rows, text_literal
from mandje.system.machine import machine_fault
from mandje.system.own_files import first_damaged, make_folder, sync

_MEND = "restore it from your backup, or remove it ({file}): what was predicted that night is then not shown"
HISTORY = "predictions.customer_predictions_history"

_BY_HORIZON = (
    "no_order_{days}d_probability",
    "expected_orders_{days}d",
    "expected_spend_{days}d_amount",
    "predicted_value_{days}d_amount",
)
_PREDICTED = [
    *("person_id", "as_of_date", "order_form", "alive_probability"),
    *(name.format(days=days) for days in HORIZONS for name in _BY_HORIZON),
]
_OF_CHURN = ("churn_horizon_days", "no_order_probability", "churn_band")


def _columns() -> Columns:
    predictions, churn = TABLES["predictions.customer_predictions"], TABLES["predictions.churn_risk"]
    columns = {name: predictions[name] for name in _PREDICTED} | {name: churn[name] for name in _OF_CHURN}
    return columns | {"reason": predictions["reason"]}


JOURNALS: dict[str, Columns] = {HISTORY: _columns()}
_TONIGHT = f"""
select {", ".join(f"predictions.{name}" for name in _PREDICTED)},
    {", ".join(f"risk.{name}" for name in _OF_CHURN)},
    predictions.reason
from predictions.customer_predictions as predictions
inner join predictions.churn_risk as risk on predictions.person_id = risk.person_id
order by predictions.person_id
"""


def keep_predictions(con: duckdb.DuckDBPyConnection, shop: Shop, as_of_date: date) -> None:
    """Write tonight's predictions to their file in one rename: a killed night leaves the old one whole."""
    path = _folder(shop) / f"{as_of_date.isoformat()}.parquet"
    make_folder(path.parent)
    private = path.with_name("tonight.tmp")
    con.execute(f"copy ({_TONIGHT}) to {text_literal(private)} (format parquet, compression zstd)")
    sync(private)
    private.replace(path)
    sync(path.parent)


def forget_predictions(shop: Shop, as_of_date: date) -> None:
    """Remove what was predicted on a night."""
    (_folder(shop) / f"{as_of_date.isoformat()}.parquet").unlink(missing_ok=True)


def show_predictions(con: duckdb.DuckDBPyConnection, shop: Shop) -> None:
    """Make the view over the files of all nights, with a comment on every column.

    Reads tonight's predictions too: who may not be profiled any more is shown on no night.
    """
    columns = JOURNALS[HISTORY]
    typed = ", ".join(f"cast(null as {kind}) as {name}" for name, (kind, _) in columns.items())
    rows = f"select {typed} where false"
    kept = sorted(_folder(shop).glob("*.parquet"))
    if kept:
        # By name: an older night may lack a column.
        rows += f" union all by name select * from {parquet_rows(kept, ', union_by_name = true')}"
    con.execute("create schema if not exists predictions")
    try:
        con.execute(f"create or replace view {HISTORY} as {_allowed(rows)}")
    except duckdb.Error as fault:
        raise (
            machine_fault(fault, shop) or first_damaged(kept, lambda path: _read(con, path), _MEND) or fault
        ) from None
    con.execute(f"comment on view {HISTORY} is 'What was predicted on which night, person by person.'")
    for name, (_, comment) in columns.items():
        con.execute(f"comment on column {HISTORY}.{name} is {text_literal(comment)}")


def _read(con: duckdb.DuckDBPyConnection, path: Path) -> object:
    return con.execute(f"select person_id, as_of_date from {parquet_rows([path])}").fetchall()


def _allowed(rows: str) -> str:
    """Nothing is shown any more of who took back the consent to be profiled."""
    shown = ("person_id", "as_of_date")
    told = ", ".join(
        name if name in shown else f"case when has_agreed then {name} end as {name}"
        for name in JOURNALS[HISTORY]
        if name != "reason"
    )
    refused = "select person_id from predictions.customer_predictions where reason = 'no_consent'"
    return (
        f"select {told}, case when has_agreed then reason else 'no_consent' end as reason "
        f"from (select *, person_id not in ({refused}) as has_agreed from ({rows}))"
    )


def _folder(shop: Shop) -> Path:
    return shop.ops / "predictions"
