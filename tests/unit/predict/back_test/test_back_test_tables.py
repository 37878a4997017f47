"""The kept judgements as tables: what was chosen, when and why."""

from __future__ import annotations

from typing import Any

import duckdb

from mandje.predict.back_test.tables import show_back_tests

Row = dict[str, Any]


def duel(challenger: str, holder: str, *, wins: bool, why: str) -> Row:
    numbers = {"gain": 0.0123, "standard_error": 0.004, "cuts_won": 2}
    return {"challenger": challenger, "holder": holder, "wins": wins, "why": why} | numbers


def cut(day: str, scores: Row) -> Row:
    known = {"cut": day, "horizon_days": 90, "customers": 700, "is_crossed": False}
    return known | {"scores": scores, "faults": {}, "tenths": {}, "bands": {}, "warnings": {}}


def judgement(month: str, cuts: list[Row], duels: list[Row]) -> Row:
    reason = None if cuts else "too little"
    return {"month": month, "champion": "stack", "reason": reason, "cuts": cuts, "duels": duels}


def shown(sql: str, *judgements: Row) -> list[tuple[Any, ...]]:
    con = duckdb.connect()
    show_back_tests(con, judgements)
    return con.execute(sql).fetchall()


DUELS = [
    duel("MBG/NBD", "BG/NBD", wins=False, why="its log-loss is not lower"),
    duel("stack", "BG/NBD", wins=True, why="surely better"),
]


def test_each_comparison_of_a_month_is_a_row() -> None:
    cuts = [cut("2025-03-02", {}), cut("2024-12-02", {}), cut("2024-09-03", {})]
    rows = shown(
        "select judged_month::text, duel_number, holder, challenger, has_challenger_won, why, gain, "
        "standard_error, cuts_won, cut_count, first_cut_date::text, last_cut_date::text, horizon_days, "
        "is_crossed from ops.form_duels order by all",
        judgement("2025-06-01", cuts, DUELS),
    )
    days = (2, 3, "2024-09-03", "2025-03-02", 90, False)
    assert rows == [
        ("2025-06-01", 1, "BG/NBD", "MBG/NBD", False, "its log-loss is not lower", 0.0123, 0.004, *days),
        ("2025-06-01", 2, "BG/NBD", "stack", True, "surely better", 0.0123, 0.004, *days),
    ]


def test_a_month_without_a_day_to_try_on_has_no_comparison() -> None:
    assert shown("from ops.form_duels", judgement("2025-06-01", [], DUELS)) == []


def test_a_judgement_from_before_a_measure_was_kept_lacks_only_that() -> None:
    old, new = {"auc": 0.7, "pit_share": 0.8}, {"auc": 0.8, "coverage": 0.93, "coverage_told": 0.95}
    corrected = cut("2025-03-02", {"BG/NBD": new, "recency": {"auc": 0.6}})
    corrected |= {"season_factors": {"BG/NBD": 1.2}}
    rows = shown(
        "select auc, pit_share, coverage, coverage_told, season_factor from ops.back_tests "
        "order by judged_month, auc",
        judgement("2025-05-01", [cut("2025-01-30", {"BG/NBD": old})], DUELS),
        judgement("2025-06-01", [corrected], DUELS),
    )
    none = (None, None, None)
    assert rows == [(0.7, 0.8, *none), (0.6, None, *none), (0.8, None, 0.93, 0.95, 1.2)]
