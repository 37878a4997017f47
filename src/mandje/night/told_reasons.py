"""Why a night stopped, in words that may go where ids may not: the morning page, mails, webhooks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from mandje.observe.records.nights import read_record
from mandje.shop.settings import Shop

# What a fault was found to hold: a value of a delivery.
_FOUND = re.compile(r"; found: .*?(?=; (?:expected|next step): |$)", re.DOTALL)


def told_reasons(shop: Shop, night: date, stage: str, line: str) -> tuple[str, ...]:
    """Every reason of a closed gate, else the line that the night stopped with; without values."""
    gate = read_record(shop, night, "gate") if stage == "gate" else None
    result = gate["result"] if gate else {}
    named = {f"{one['figure']}: {one['sentence']}": one["figure"] for one in result.get("holds", ())}
    reasons = result.get("reasons") or (line,)
    return tuple(_without_values(reason, named) for reason in reasons)


def _without_values(reason: str, holds: Mapping[str, str]) -> str:
    figure = next((name for told, name in holds.items() if reason.startswith(told)), None)
    return figure if figure is not None else _FOUND.sub("", reason)
