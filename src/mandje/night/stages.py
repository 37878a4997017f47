"""The stages of a night in their order, and what Airflow calls a shop's night.

Standard library only: a host's Airflow imports this without Mandje's dependencies.
"""

from __future__ import annotations

# Name → what it does.
STAGES: dict[str, str] = {
    "discover": (
        "List what is new, changed, gone or missing among the deliveries; stop where that is not whole."
    ),
    "validate": "Parse new and changed deliveries strictly into a private place, with a ledger each.",
    "load": "Move what passed into place, set refused deliveries aside; stop where no row is loaded.",
    "build": "Build staging, intermediate and marts, and test them.",
    "check": "Look at the staged sets as a whole (null shares, keys, references, freshness), and at all ids.",
    "predict": (
        "Fit the customer models in the form that the month's back-tests chose, and score every customer. "
        "Write what to offer whom. Read the experiments that have a plan."
    ),
    "build_customers": (
        "Build the customer marts that read predictions; compare the night with the one before it. "
        "See whether earlier forecasts came true, and which figures collapsed."
    ),
    "gate": "Judge the night; a closed gate ends it, and yesterday's snapshot stays.",
    "publish": "Copy what the gate let through to a snapshot and send readers to it.",
}

# What reads deliveries: the plan of the first is what the others work on.
_READING = ("discover", "validate", "load")


def begins_again_at(stage: str) -> str:
    """The first stage to run again once somebody has mended what stopped this one."""
    return _READING[0] if stage in _READING else stage


def dag_id(shop_name: str) -> str:
    """The id of the DAG that runs the nights of a shop."""
    return f"mandje_{shop_name}"
