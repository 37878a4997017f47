"""The tables of schema `ops`: what each one and each of its columns means. One place for file and docs."""

from __future__ import annotations

from dataclasses import dataclass

_SOURCE = "Name of the source in shop.toml."
_FEED = "Feed, see docs/reference/feeds.md."
_CURRENCY = "Currency of the money, ISO 4217; empty where there is none."
_NIGHT = "The night, by its date. Unit: local day."
_DELIVERY = "Delivery date, the name of its folder. Unit: local day."


@dataclass(frozen=True, slots=True)
class OpsTable:
    """One table of `ops`: a sentence, and its columns by name with SQL type and description."""

    description: str
    columns: dict[str, tuple[str, str]]

    @property
    def descriptions(self) -> dict[str, str]:
        """What each column says, by name."""
        return {name: text for name, (_, text) in self.columns.items()}


OPS_TABLES: dict[str, OpsTable] = {
    "accounts": OpsTable(
        "Where every delivered row and its money went: one row per source, table, destination and currency.",
        {
            "source": ("VARCHAR", _SOURCE),
            "table_name": ("VARCHAR", "Table of the delivery, or the feed."),
            "destination": (
                "VARCHAR",
                "Feed that they became, or rejected, skipped or derived, and why.",
            ),
            "currency_code": ("VARCHAR", _CURRENCY),
            "row_count": ("BIGINT", "Delivered rows. Unit: rows."),
            "money_amount": ("DECIMAL(38,4)", "Their money. Unit: currency_code."),
        },
    ),
    "delivered": OpsTable(
        "What was delivered, and what of it has no destination (0): one row per source, table and currency.",
        {
            "source": ("VARCHAR", _SOURCE),
            "table_name": ("VARCHAR", "Table of the delivery, or the feed."),
            "currency_code": ("VARCHAR", _CURRENCY),
            "row_count": ("BIGINT", "Delivered rows. Unit: rows."),
            "money_amount": ("DECIMAL(38,4)", "Their money. Unit: currency_code."),
            "missing_row_count": ("BIGINT", "Delivered rows less those of all destinations. Unit: rows."),
            "missing_money_amount": (
                "DECIMAL(38,4)",
                "Delivered money less that of all destinations. Unit: currency_code.",
            ),
        },
    ),
    "row_outcomes": OpsTable(
        "What the newest build made of the loaded rows: one row per delivery, feed, currency and outcome.",
        {
            "source": ("VARCHAR", _SOURCE),
            "delivery_date": ("DATE", _DELIVERY),
            "feed": ("VARCHAR", _FEED),
            "currency_code": ("VARCHAR", _CURRENCY),
            "outcome": (
                "VARCHAR",
                (
                    "kept, priced_later (a return that tells no refund), not_yet_due (of a day after the"
                    " as-of date), without_header (its order was never delivered), too_old (a wrong"
                    " clock), took_away (quantity 0), duplicate or superseded."
                ),
            ),
            "row_count": ("BIGINT", "Loaded rows. Unit: rows."),
            "money_amount": (
                "DECIMAL(18,4)",
                "Their money, 0 where the feed carries none. Unit: currency_code.",
            ),
        },
    ),
    "deliveries": OpsTable(
        "One row per source and delivery date: what came, was refused, or should have come.",
        {
            "source": ("VARCHAR", _SOURCE),
            "delivery_date": ("DATE", _DELIVERY),
            "state": (
                "VARCHAR",
                (
                    "loaded, refused (and not mended), or missing: expected and not there; of a weekly source"
                    " each day that no delivery tells of."
                ),
            ),
            "row_count": ("BIGINT", "Accepted rows in all feeds; empty unless loaded. Unit: rows."),
            "feeds": ("VARCHAR", "Feeds that the source may make, with commas."),
            "night_date": (
                "DATE",
                (
                    "The night that met it first: of its day or the next one after, or a later one where"
                    " it came late; empty where none is known. Unit: local day."
                ),
            ),
        },
    ),
    "sources": OpsTable(
        "One row per source of shop.toml: how often it should come, what came of it and what lacks.",
        {
            "source": ("VARCHAR", _SOURCE),
            "adapter": ("VARCHAR", "What reads it."),
            "feeds": ("VARCHAR", "Feeds that it may make, with commas."),
            "expected": ("VARCHAR", "daily, weekly, or any: nothing is expected of it."),
            "first_delivery_date": ("DATE", "First loaded delivery; empty without one. Unit: local day."),
            "last_delivery_date": ("DATE", "Last loaded delivery; empty without one. Unit: local day."),
            "loaded_count": ("BIGINT", "Loaded deliveries. Unit: deliveries."),
            "refused_count": ("BIGINT", "Deliveries refused and not mended. Unit: deliveries."),
            "missing_count": ("BIGINT", "Missing ones, as in ops.deliveries. Unit: days."),
            "row_count": ("BIGINT", "Accepted rows of all loaded deliveries. Unit: rows."),
        },
    ),
    "rejected_rows": OpsTable(
        "One row per refused row of a delivery: the first rule that it breaks.",
        {
            "delivery_source": ("VARCHAR", _SOURCE),
            "delivery_date": ("DATE", _DELIVERY),
            "delivery_sha256": ("VARCHAR", "Hash of the delivery's bytes, its first 12 hex digits."),
            "delivery_file": ("VARCHAR", "File of the delivery."),
            "delivery_line": ("BIGINT", "Line or row of the file, from 1. Unit: lines."),
            "delivery_part": ("VARCHAR", "Part of a nested record; empty elsewhere."),
            "table_name": ("VARCHAR", "Table of the delivery, or the feed."),
            "column_name": ("VARCHAR", "Column at fault; empty where it is the whole row."),
            "value": ("VARCHAR", "Its value as delivered; a hash where the column is personal."),
            "rule": ("VARCHAR", "Short name of the rule that it breaks."),
            "reason": ("VARCHAR", "What was found and what was expected, in words."),
            "document_id": ("VARCHAR", "Order or return that the row belongs to; empty if unreadable."),
            "currency_code": ("VARCHAR", _CURRENCY),
            "money_amount": ("DECIMAL(18,4)", "Its money, 0 where unreadable. Unit: currency_code."),
        },
    ),
    "refused_deliveries": OpsTable(
        "One row per delivery that was refused whole and is not mended, with the first place at fault.",
        {
            "source": ("VARCHAR", _SOURCE),
            "delivery_date": ("VARCHAR", "Delivery date as text, YYYY-MM-DD. Unit: local day."),
            "sha256": ("VARCHAR", "Hash of the delivery's bytes, hex."),
            "reason": ("VARCHAR", "Short name of the reason."),
            "message": ("VARCHAR", "The reason in words."),
            "file": ("VARCHAR", "File at fault, from the shop's folder; empty where it is not one file."),
            "line": ("BIGINT", "Line of that file, from 1; empty where it is not one line. Unit: lines."),
            "column": ("VARCHAR", "Column at fault; empty where it is not one column."),
            "found": ("VARCHAR", "What was found there."),
            "expected": ("VARCHAR", "What was expected."),
            "next_step": ("VARCHAR", "What to do about it."),
        },
    ),
    "stages": OpsTable(
        "How long each stage of each night took, in its last run.",
        {
            "run_date": ("DATE", _NIGHT),
            "stage": ("VARCHAR", "Stage of the night."),
            "seconds": ("DOUBLE", "How long it took. Unit: seconds."),
        },
    ),
    "checks": OpsTable(
        "What the checks of whole sets found: one row per night, feed and check.",
        {
            "run_date": ("DATE", _NIGHT),
            "feed": ("VARCHAR", _FEED),
            "name": ("VARCHAR", "Name of the check, the same every night."),
            "severity": ("VARCHAR", "warn, or hold: the night is not published where it fails."),
            "passed": ("BOOLEAN", "Whether the set is as expected."),
            "observed": ("DOUBLE", "What was measured; a share, a count or days. Unit: see sentence."),
            "expected": ("VARCHAR", "The limit, in words."),
            "unexpected_count": ("BIGINT", "Rows that are not as expected. Unit: rows."),
            "sentence": ("VARCHAR", "What the check asks for, in words."),
        },
    ),
    "warnings": OpsTable(
        "Checks that failed on the night: one row per check, what is new first.",
        {
            "run_date": ("DATE", _NIGHT),
            "check_name": ("VARCHAR", "Name of the check, the same every night."),
            "origin": ("VARCHAR", "delivery, dbt test, set check, build, prediction or gate."),
            "severity": ("VARCHAR", "error, hold, warn, or note: nothing that must be looked at."),
            "is_new": ("BOOLEAN", "It did not fail on the night before, or for less than half as much."),
            "row_count": ("BIGINT", "Rows that failed; empty where they cannot be counted. Unit: rows."),
            "sentence": ("VARCHAR", "What was found, in words."),
            "first_keys": ("VARCHAR", "Up to five of the rows; empty where there are no keys."),
            "note": ("VARCHAR", "Why there are no keys, or fewer than rows; empty else."),
            "list_query": ("VARCHAR", "The query that lists all of them; empty without keys."),
        },
    ),
    "warning_keys": OpsTable(
        "Rows that the checks of ops.warnings found, at most 10,000 of a check.",
        {
            "check_name": ("VARCHAR", "Name of the check."),
            "row_number": ("BIGINT", "From 1, in a fixed order. Unit: rows."),
            "keys": ("VARCHAR", "Key of the row, a JSON object."),
        },
    ),
    "passes": OpsTable(
        "Holds that a person let through.",
        {
            "figure": ("VARCHAR", "What was held."),
            "as_of_date": ("VARCHAR", "The night that it was for, as text, YYYY-MM-DD. Unit: local day."),
            "before": ("VARCHAR", "What the figure was, or should be. Unit: that of the figure."),
            "now": ("VARCHAR", "What it is. Unit: that of the figure."),
            "reason": ("VARCHAR", "Why it was let through, in that person's words."),
            "passed_by": ("VARCHAR", "Account that let it through."),
            "passed_at": ("VARCHAR", "When, as ISO text. Unit: UTC."),
        },
    ),
}
