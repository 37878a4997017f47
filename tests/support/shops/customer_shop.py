"""The made-up shops of `money_shop` with what is known of their customers, and predictions drawn for them."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from mandje.predict.scores.columns import TABLES
from money_shop import PRODUCTS, money_shop
from returns_oracle import Row

DEVICES = ["mobile", "mobile", "desktop", "tablet", None]


def customer_shop(seed: int, persons: int) -> dict[str, list[Row]]:
    """Feeds; some customers are in no list, some did not agree to be profiled, some never ordered."""
    chance = random.Random(f"customers {seed}")
    feeds = money_shop(seed, persons)
    for event in feeds["session_events"]:
        event["device_category"] = chance.choice(DEVICES)
        event["event_type"] = chance.choice(["page_view", "add_to_cart"])
        event["product_id"] = chance.choice(PRODUCTS)
    names = [f"c{number}" for number in range(persons + 20)]
    feeds["customers"] = [_customer(chance, name) for name in names if chance.random() < 0.9]
    feeds["messages"] = [_message(chance, number, names) for number in range(2 * persons)]
    feeds["service_contacts"] = [
        {
            "contact_id": f"s{number}",
            "customer_id": chance.choice(names),
            "contacted_at": _moment(chance),
            "channel": "chat",
            "cost_amount": Decimal(2),
        }
        for number in range(persons // 2)
    ]
    return feeds


def _moment(chance: random.Random) -> datetime:
    """Mostly before the as-of day ends, sometimes after it."""
    return datetime(2025, 1, 2, 22, tzinfo=UTC) + timedelta(
        days=chance.randint(0, 145), hours=chance.randint(0, 3)
    )


def _customer(chance: random.Random, name: str) -> Row:
    return {
        "customer_id": name,
        "first_seen_at": datetime(2024, 1, 1, tzinfo=UTC),
        "birth_year": chance.choice([None, 1980]),
        "gender": chance.choice([None, "f", "m"]),
        "country_code": "NL",
        "postal_area": "12",
        "consent_marketing": chance.choice([True, False, None]),
        "consent_profiling": chance.choice([True, True, True, True, False, None]),
    }


def _message(chance: random.Random, number: int, names: list[str]) -> Row:
    sent = _moment(chance)
    opened = chance.choice([None, None, sent + timedelta(hours=chance.choice([1, 30]))])
    clicked = opened and chance.choice([None, opened])
    who = {"message_id": f"m{number}", "customer_id": chance.choice(names), "channel": "email"}
    return who | {"sent_at": sent, "opened_at": opened, "clicked_at": clicked}


def draw_predictions(inputs: list[Row], as_of: date, seed: int) -> dict[str, list[Row]]:
    """Tables of predictions for these inputs: with ties, values below 0, and persons without a number."""
    chance = random.Random(f"predictions {seed}")
    tables: dict[str, list[Row]] = {"customer_predictions": [], "churn_risk": [], "next_orders": []}
    for one in sorted(inputs, key=lambda row: str(row["person_id"])):
        key = {"person_id": one["person_id"], "as_of_date": as_of}
        shape = {name: one[name] for name in ("frequency", "recency_days", "age_days", "spend_days")}
        reason = None if one["has_consent"] else "no_consent"
        most = 30000 if one["age_days"] <= 90 and one["frequency"] else 9000
        value = Decimal(chance.choice([chance.randint(-300, most), 500])) / 100
        worth = {"predicted_value_365d_amount": value if chance.random() < 0.95 else None}
        unlikely = reason or ("order_unlikely" if value < 1 else None)
        told: dict[str, Row] = {
            "customer_predictions": worth,
            "churn_risk": {"churn_band": "medium", "is_at_risk": value > 80},
            "next_orders": {} if unlikely else {"next_order_median_date": as_of + timedelta(days=9)},
        }
        for name, rows in tables.items():
            drawn = {} if reason else _numbers(chance, name) | told[name]
            why = unlikely if name == "next_orders" else reason
            rows.append(drawn | key | (shape if name == "customer_predictions" else {}) | {"reason": why})
    return tables


def _numbers(chance: random.Random, table: str) -> Row:
    """Any number for every column of numbers."""
    kinds = {name: kind for name, (kind, _) in TABLES[f"predictions.{table}"].items()}
    drawn: Row = {
        name: Decimal(chance.randint(0, 99)) / 10 for name, kind in kinds.items() if kind != "BIGINT"
    }
    whole = {name: chance.randint(0, 9) for name, kind in kinds.items() if kind == "BIGINT"}
    numbers = {name for name, kind in kinds.items() if kind in {"BIGINT", "DOUBLE", "DECIMAL(18,4)"}}
    return {name: value for name, value in (drawn | whole).items() if name in numbers}
