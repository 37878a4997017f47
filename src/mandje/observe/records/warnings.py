"""What a night must be told of, gathered from its records: every check that failed, and whether it is new.

Each stage's record holds its findings with their first keys; all keys lie beside it (`warning_tables`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from mandje.findings.finding import Finding, short_key
from mandje.observe.records.nights import Record, nights, read_record
from mandje.shop.settings import Shop

STAGES = ("build", "check", "predict", "build_customers", "gate")
# A count that grew so much is told as if the check were new; so few more may be chance.
_GROWTH, _LEAST_MORE = 2, 5
_WEIGHT = {"error": 0, "hold": 1, "warn": 2, "note": 3}


@dataclass(frozen=True, slots=True)
class NightWarning:
    """A check that failed on a night.

    `check`, `origin`, `severity`, `sentence`, `count` and `note` are those of its finding; `first_keys` are
    up to five keys as words. `is_new`: it did not fail on the night before, or for less than half as much.
    """

    check: str
    origin: str
    severity: str
    sentence: str
    count: int | None
    first_keys: tuple[str, ...]
    note: str
    is_new: bool

    @property
    def list_query(self) -> str | None:
        """The query that lists every kept key in the snapshot of that night; None where there is no key."""
        if not self.first_keys:
            return None
        name = self.check.replace("'", "''")
        return f"select * from ops.warning_keys where check_name = '{name}' order by row_number"

    def line(self, shop: str) -> str:
        """All of it on one line, with the command that lists the keys of a shop named so."""
        told = self.sentence if self.severity in {"warn", "note"} else f"{self.severity}: {self.sentence}"
        note = f" ({self.note})" if self.note else ""
        if not self.first_keys:
            return f"{told}{note}"
        return f"{told} First: {', '.join(self.first_keys)}. All{note}: `mandje warnings {shop} {self.check}`"


def warned_night(shop: Shop) -> date | None:
    """The night that told last how the warehouse stands; None before the first build."""
    records = {
        night: path
        for night in nights(shop)
        if (path := shop.ops / "nights" / night.isoformat() / "build.json").is_file()
    }
    return max(records, key=lambda night: records[night].stat().st_mtime_ns, default=None)


def night_warnings(
    shop: Shop, run_date: date, *, stages: Sequence[str] = STAGES, before: date | None = None
) -> list[NightWarning]:
    """What a night must be told of: what holds it first, then what is new.

    New is what did not fail on the latest earlier night with a record of that stage, or has more than
    doubled since, by 5 at least. `before` compares with a night before that day instead: the first of several
    nights that are told together.
    """
    found = [one for stage in stages for one in _of_stage(shop, run_date, stage, before or run_date)]
    return sorted(found, key=lambda one: (_WEIGHT[one.severity], not one.is_new))


def _of_stage(shop: Shop, run_date: date, stage: str, before: date) -> Iterator[NightWarning]:
    earlier = (read_record(shop, night, stage) for night in reversed(nights(shop)) if night < before)
    then = {one.check: one for one in _findings(next(filter(None, earlier), None), stage)}
    for one in _findings(read_record(shop, run_date, stage), stage):
        yield NightWarning(
            check=one.check,
            origin=one.origin,
            severity=one.severity,
            sentence=one.sentence,
            count=one.count,
            first_keys=tuple(map(short_key, one.keys)),
            note=one.note,
            is_new=_is_new(one, then.get(one.check)),
        )


def _is_new(now: Finding, then: Finding | None) -> bool:
    if then is None:
        return True
    if now.count is None or then.count is None:
        return False
    return now.count > _GROWTH * then.count and now.count - then.count >= _LEAST_MORE


def _findings(record: Record | None, stage: str) -> Iterator[Finding]:
    """What a stage's record tells: findings, and what predictions and the gate say in words."""
    result = record["result"] if record else {}
    for finding in result.get("findings", ()):
        yield Finding(**finding | {"keys": tuple(finding["keys"])})
    predictions = result if stage == "predict" else result.get("forecasts") or {}
    for said in predictions.get("warnings", ()):
        yield Finding(_name(said), "prediction", "warn", _sentence(said))
    for said in result.get("told", ()):
        figure, _, sentence = said.partition(": ")
        yield Finding(figure, "gate", "warn", _sentence(sentence))


def _name(said: str) -> str:
    """A name for what is only said: its first words without numbers, which differ from night to night."""
    return "_".join(re.findall(r"[a-z]{2,}", said.lower())[:6])


def _sentence(said: str) -> str:
    text = said[:1].upper() + said[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
