"""Events as GA4's daily export writes them, all invented, and the same as Parquet has them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

Json = dict[str, Any]

NOON = 1_772_362_800_000_000  # 2026-03-01 11:00 UTC, 12:00 in Amsterdam
MINUTE = 60_000_000
NAME = "events.jsonl"
# As `bq show --schema` has them, for what the tests write.
_VALUE = "STRUCT(string_value VARCHAR, int_value BIGINT, float_value DOUBLE, double_value DOUBLE)"
_PAIR = f"STRUCT(key VARCHAR, value {_VALUE})"
_CAMPAIGN = "STRUCT(source VARCHAR, medium VARCHAR, campaign_name VARCHAR, term VARCHAR)"
PARQUET = {
    "event_date": "VARCHAR",
    "event_timestamp": "BIGINT",
    "event_name": "VARCHAR",
    "event_params": f"{_PAIR}[]",
    "event_bundle_sequence_id": "BIGINT",
    "user_id": "VARCHAR",
    "user_pseudo_id": "VARCHAR",
    "user_properties": f"{_PAIR}[]",
    "device": "STRUCT(category VARCHAR, advertising_id VARCHAR, web_info STRUCT(hostname VARCHAR))",
    "geo": "STRUCT(country VARCHAR, city VARCHAR)",
    "ecommerce": "STRUCT(transaction_id VARCHAR, purchase_revenue DOUBLE)",
    "items": "STRUCT(item_id VARCHAR, item_name VARCHAR, item_brand VARCHAR, price DOUBLE,"
    " price_in_usd DOUBLE, quantity BIGINT)[]",
    "collected_traffic_source": "STRUCT(gclid VARCHAR, dclid VARCHAR, srsltid VARCHAR, manual_source VARCHAR,"
    " manual_medium VARCHAR, manual_campaign_name VARCHAR, manual_term VARCHAR)",
    "batch_event_index": "BIGINT",
    "batch_page_id": "BIGINT",
    "batch_ordering_id": "BIGINT",
    "session_traffic_source_last_click": f"STRUCT(manual_campaign {_CAMPAIGN},"
    f" cross_channel_campaign {_CAMPAIGN})",
}


def pair(key: str, value: object) -> Json:
    """A parameter as JSON has it: whole numbers are text."""
    if isinstance(value, bool | int):
        return {"key": key, "value": {"int_value": str(int(value))}}
    kind = "double_value" if isinstance(value, float) else "string_value"
    return {"key": key, "value": {kind: value}}


def event(name: str, minute: int = 0, *, page: str | None = "https://www.shop.example/", **more: Any) -> Json:
    """An event; `params` are its further parameters by name."""
    params = (
        ({} if page is None else {"page_location": page}) | {"ga_session_id": 9001} | more.pop("params", {})
    )
    usual: Json = {
        "event_date": "20260301",
        "event_timestamp": str(NOON + minute * MINUTE),
        "event_name": name,
        "event_params": [pair(key, value) for key, value in params.items()],
        "event_bundle_sequence_id": "77",
        "user_id": None,
        "user_pseudo_id": "111.222",
        "user_properties": [pair("mail", "anna@shop.example")],
        "device": {
            "category": "mobile",
            "advertising_id": "ad-SECRET",
            "web_info": {"hostname": "www.shop.example"},
        },
        "geo": {"country": "Netherlands", "city": "Utrecht"},
        "ecommerce": {},
        "items": [],
        "batch_event_index": "1",
        "batch_page_id": "1",
        "batch_ordering_id": "1",
    }
    return usual | more


def thing(product: str | None, price: object = None, quantity: object = None, **more: Any) -> Json:
    """A product of an event, without what is None."""
    own = {"item_id": product, "price": price, "quantity": quantity}
    return {key: value for key, value in own.items() if value is not None} | more


def clicked(source: str | None, medium: str | None, campaign: str | None = None) -> Json:
    """A traffic source as the last click has it."""
    return {"source": source, "medium": medium, "campaign_name": campaign}


def text_of(events: Sequence[Json]) -> str:
    """JSON lines."""
    return "".join(json.dumps(one) + "\n" for one in events)


def write_parquet(events: Sequence[Json], path: Path) -> None:
    """The same events with the types that they have in BigQuery."""
    lines = path.with_suffix(".lines")
    lines.write_text(text_of(events), encoding="utf-8")
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in PARQUET.items())
    query = f"FROM read_json('{lines}', format = 'newline_delimited', columns = {{{columns}}})"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    lines.unlink()
