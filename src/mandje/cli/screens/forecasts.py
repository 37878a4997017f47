"""What forecasts this month and why, how it was fitted, and how it fared so far: title and text."""

from __future__ import annotations

from collections.abc import Iterator

from mandje.observe.records.nights import Record, last_record
from mandje.shop.settings import Shop

# How the purchase model was fitted tonight, by the name that `predictions.*` and the record give it.
FITTED = {
    "maximum_likelihood": "fitted to the data alone",
    "no_leaving": "without customers who leave, as none is seen to",
    "weak_prior": "held lightly near usual values",
    "stronger_prior": "held firmly near usual values",
    "earlier_date": "fitted on what was known 30 days ago",
    "last_window": "counted in the windows of the last year",
}


def forecast_lines(shop: Shop) -> Iterator[tuple[str, str]]:
    """Lines from the newest records; none before the first night that chose a model, nor without orders."""
    fit, built = (_result(shop, stage) for stage in ("predict", "build_customers"))
    if "judgement" not in fit or fit.get("customers") == 0:
        return
    yield "model", f"{_chosen(fit)}: {fit['judgement']['why']}"
    forecasts = built.get("forecasts") or {"told": None}
    if forecasts["told"]:
        yield "forecast", forecasts["told"]


def fitted(fit: Record) -> str:
    """How tonight's purchase model or shares were fitted, and which other ways failed before it."""
    failed = [
        f"{_way(rung['rung'])} failed: {rung['fault']}" for rung in fit["rungs_tried"] if rung.get("fault")
    ]
    return f"{fit['purchase_model'] or fit['order_form']}, {_way(fit['rung'])}" + (
        f" ({'; '.join(failed)})" if failed else ""
    )


def _way(name: str) -> str:
    return FITTED.get(name, name.replace("_", " "))


def _chosen(fit: Record) -> str:
    """Tonight's model, and the month's where another one stands in for it."""
    if fit["order_form"] is None:
        return f"none tonight; this month's would be {fit['champion']}"
    if fit["order_form"] == fit["champion"]:
        return f"{fit['champion']}, this month's"
    return f"{fit['order_form']} tonight, in place of {fit['champion']}, this month's"


def _result(shop: Shop, stage: str) -> Record:
    record = last_record(shop, stage)
    result: Record = record["result"] if record else {}
    return result
