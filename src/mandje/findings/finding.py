"""What a check found: one record for all kinds of check."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

# A note is no fault: it is in the night's record and its list, not among what a person must look at.
Severity = Literal["note", "warn", "hold", "error"]
Origin = Literal["delivery", "dbt test", "set check", "build", "prediction", "gate"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A check that failed.

    `check` is its name, the same every night. `sentence` says in plain words what was found. `count` is how
    many rows or keys failed; None where they cannot be counted. `keys` are those rows' keys, a JSON object
    each, in a fixed order, at most MOST_KEYS. `note` says why there are none or fewer than counted.
    """

    check: str
    origin: Origin
    severity: Severity
    sentence: str
    count: int | None = None
    keys: tuple[str, ...] = ()
    note: str = ""


def short_key(key: str) -> str:
    """A key as a few words, `order_id=5001`: its ids and amounts, else its first columns, three at most.

    Without control characters. What a check tells of a key, in its column `told`, follows in brackets.
    """
    values: dict[str, object] = json.loads(key)
    more = values.pop("told", None)
    ids = [name for name in values if name.endswith(("_id", "_number"))]
    amounts = [name for name in values if name.endswith("_amount")]
    told = " ".join(f"{name}={values[name]}" for name in ([*ids, *amounts] if ids else list(values))[:3])
    told += f" ({more})" if more is not None else ""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in told)
