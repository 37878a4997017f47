"""What forecasts this month and why, and how it fared so far: title and text."""

from __future__ import annotations

from collections.abc import Iterator

from mandje.observe.nights import Record, last_record
from mandje.settings import Shop


def forecast_lines(shop: Shop) -> Iterator[tuple[str, str]]:
    """Lines from the newest records; none before the first night that chose a form."""
    fit, built = (_result(shop, stage) for stage in ("predict", "build_customers"))
    if "judgement" not in fit:
        return
    yield "form", f"{fit['order_form'] or 'none'}; for the month {fit['champion']}: {fit['judgement']['why']}"
    forecasts = built.get("forecasts") or {"told": None}
    if forecasts["told"]:
        yield "forecast", forecasts["told"]


def _result(shop: Shop, stage: str) -> Record:
    record = last_record(shop, stage)
    result: Record = record["result"] if record else {}
    return result
