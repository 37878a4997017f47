"""Whom the models learn from: where too few are left, also those whose first order may not be their first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import duckdb

from mandje.predict.inputs.cuts import read_patterns
from mandje.predict.inputs.histories import SHOP, Scope, read_counts
from mandje.predict.inputs.minimum_data import (
    DataCounts,
    are_enough,
    find_shortfall,
    is_enough,
    lacks_repeats_only,
)


@dataclass(frozen=True)
class Learners:
    """Customers to learn from.

    Attributes:
        scope: the shop or a site, and whom of it.
        counts: of the scope.
        warnings: what is assumed of them, in words.
    """

    scope: Scope
    counts: DataCounts
    warnings: list[str]


def find_learners(con: duckdb.DuckDBPyConnection, as_of_date: date, scope: Scope = SHOP) -> Learners:
    """Those whose first order is their first; where only with the others there are enough, all of them.

    Raises:
        MandjeError: a history in the inputs that cannot be.
    """
    counts = read_counts(con, as_of_date, scope)
    left_out = counts.customers_excluded.get("left_truncated")
    if not left_out:
        return Learners(scope, counts, [])
    everybody = replace(scope, learns_from_truncated=True)
    all_counts = read_counts(con, as_of_date, everybody)
    if _use(all_counts) <= _use(counts):
        return Learners(scope, counts, [])
    return Learners(everybody, all_counts, [_assumed(left_out, scope)])


def find_learners_then(con: duckdb.DuckDBPyConnection, day: date) -> Scope:
    """The same of the shop from what was known at the end of a day of the past."""
    everybody = replace(SHOP, learns_from_truncated=True)
    first, known = read_patterns(con, day), read_patterns(con, day, everybody)
    # As tonight: where a model can be fitted, or at least shares of customers alike.
    use, all_use = (are_enough(each) + is_enough(each) for each in (first, known))
    return everybody if all_use > use else SHOP


def _use(counts: DataCounts) -> int:
    """2: a model can be fitted. 1: shares of customers alike can forecast. 0: neither."""
    return 2 if find_shortfall(counts) is None else int(lacks_repeats_only(counts))


def _assumed(left_out: int, scope: Scope) -> str:
    where = f"{scope.site}: " if scope.site else ""
    return (
        f"{where}{left_out} customers whose first order came so soon after the exports begin that it may not "
        "be their first are learnt from as if it were (left_truncation_days): without them there are too few"
    )
