"""What changed: the sentences that open the morning, the most unusual first.

Every figure of `looked_at` is judged by `unusual` on all its sites and cuts, products by `come_back`; what is
lacking is a fact. `causes` leaves one sentence for each cause.
"""

from __future__ import annotations

from datetime import date

import duckdb

from mandje.report.sentences import come_back
from mandje.report.sentences.causes import causes
from mandje.report.sentences.claims import row, sentence
from mandje.report.sentences.deliveries import lacking
from mandje.report.sentences.looked_at import FIGURES, PRODUCTS_WEIGHT, share
from mandje.report.sentences.sentence import Sentence, Words
from mandje.report.sentences.unusual import Change, judged
from mandje.report.sentences.weeks import weeks_of

__all__ = ["Sentence", "Words", "sentences"]

MOST_SENTENCES = 5
# Where the whole shop has more returns, a product that chance would name one night in three is their cause.
_SUPPORTED = 0.5
# Chance alone says something on one ordinary night in a hundred.
LEAST_UNUSUAL = 2.0


def sentences(con: duckdb.DuckDBPyConnection, as_of_date: date) -> tuple[Sentence, ...]:
    """What is unusual on the morning after `as_of_date`: at most five sentences, none where all is ordinary.

    Args:
        con: with the published snapshot as its current database. Rows after the as-of date are not looked at.
        as_of_date: the last day that is looked at.
    """
    changes = _changes(con, as_of_date)
    told = causes(one for one in changes if one.unusual >= LEAST_UNUSUAL)
    more_returns = [one for one in told if one.figure.name == "returns" and one.sign > 0]
    back = _coming_back(con, as_of_date, _SUPPORTED if more_returns else LEAST_UNUSUAL)
    if back:
        told = [one for one in told if one not in more_returns]
    found = lacking(con, as_of_date)
    found += [*(sentence(con, as_of_date, one, changes) for one in told), *back]
    return tuple(sorted(found, key=lambda one: -one.unusual)[:MOST_SENTENCES])


def _changes(con: duckdb.DuckDBPyConnection, as_of_date: date) -> list[Change]:
    found: list[Change] = []
    for figure in FIGURES:
        if weeks := weeks_of(con, figure, as_of_date):
            found += judged(figure, weeks, share(figure.weight))
    return found


def _coming_back(con: duckdb.DuckDBPyConnection, as_of_date: date, least: float) -> list[Sentence]:
    told: dict[str, come_back.ComesBack] = {}
    for one in come_back.products(con, as_of_date, share(PRODUCTS_WEIGHT)):
        if one.unusual >= max(least, told[one.product_id].unusual if one.product_id in told else 0):
            told[one.product_id] = one
    found = []
    for one in told.values():
        sql = come_back.numbers(as_of_date, one)
        found.append(Sentence("comes_back", "returns", one.unusual, row(con, sql), sql))
    return found
