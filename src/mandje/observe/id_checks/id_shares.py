"""One id that stands for more orders or visits than a person has: a till, a guest, a placeholder, a robot."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import duckdb

from mandje.findings.finding import Finding, Severity
from mandje.findings.holds import Hold
from mandje.findings.keys import Keys, failing_keys
from mandje.observe.gate_checks.collapses import NOISE_WIDTHS
from mandje.shop.sections import Ids

# Of a few orders one customer may well have placed a third; so many are no accident. What holds must be more.
_LEAST_TOLD, _LEAST_HELD = 20, 50
_NAMED = 3
_MEND = (
    "where it stands for many people (a till, a guest), add it to `placeholders` under [ids] in shop.toml and"
    " run the night"
)


@dataclass(frozen=True, slots=True)
class _Place:
    """A column of ids of `rows`, of which each `thing` should be one of many."""

    relation: str
    column: str
    thing: str

    @property
    def check(self) -> str:
        return f"{self.thing}_share_{self.column}"


_PLACES = (
    _Place("work.staging.stg_orders", "customer_id", "orders"),
    _Place("work.staging.stg_orders", "email_hash", "orders"),
    _Place("work.staging.stg_orders", "visitor_id", "orders"),
    _Place("work.marts.sessions", "visitor_id", "visits"),
)


def absurd_shares(con: duckdb.DuckDBPyConnection, ids: Ids) -> Iterator[tuple[Finding, Hold | None]]:
    """Ids above the told share, with a hold where one is above the held share; by staged orders and visits.

    A share counts as above where chance would not take a fair one there, and from a least number on.
    """
    for place in _PLACES:
        told_ratio = ids.told_visit_ratio if place.thing == "visits" else ids.told_order_ratio
        total = con.execute(f"SELECT count(*) FROM {place.relation}").fetchall()[0][0]
        sql = _sql(place, total, _least(float(told_ratio), total, _LEAST_TOLD))
        found: list[tuple[str, int, str]] = con.execute(f"{sql} ORDER BY 2 DESC, 1").fetchall()
        if found:
            most = _least(float(ids.held_ratio), total, _LEAST_HELD)
            held = [one for one, count, _ in found if count >= most]
            yield _told(place, total, failing_keys(con, sql), found, held)


def _shown(one: str) -> str:
    """An address that strayed into a column of ids is not told."""
    return "(address)" if "@" in one else one


def _least(ratio: float, total: int, least: int) -> int:
    expected = ratio * total
    return max(least, int(expected + NOISE_WIDTHS * sqrt(expected)) + 1)


def _sql(place: _Place, total: int, least: int) -> str:
    return (
        f"SELECT {place.column}, count(*) AS {place.thing},"
        f" printf('%.1f %%', 100.0 * count(*) / {total}) AS told"
        f" FROM {place.relation} WHERE {place.column} IS NOT NULL GROUP BY 1 HAVING count(*) >= {least}"
    )


def _told(
    place: _Place, total: int, keys: Keys, found: list[tuple[str, int, str]], held: list[str]
) -> tuple[Finding, Hold | None]:
    sentence = f"{len(found)} {place.column}(s) have more of {total:,} {place.thing} than a person has"
    severity: Severity = "hold" if held else "warn"
    finding = Finding(place.check, "set check", severity, f"{sentence}.", len(found), keys.keys, keys.note)
    if not held:
        return finding, None
    named = ", ".join(f"{_shown(one)} has {count:,} ({share})" for one, count, share in found[:_NAMED])
    digest = hashlib.sha256("\n".join(sorted(held)).encode()).hexdigest()[:8]
    now = f"{len(held)} with {digest}"
    return finding, Hold(place.check, "a small share", now, f"{sentence}: {named}", lasts=True, mend=_MEND)
