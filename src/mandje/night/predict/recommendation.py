"""What to offer whom: the month's forms, tonight's lists, and what is kept of both."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

import duckdb

from mandje.observe.records.judgements import JudgementFolder, judgements, keep_judgement, kept_judgement
from mandje.observe.records.nights import Record
from mandje.recommend.inputs.purchases_read import purchases_key, read_purchases_then
from mandje.recommend.judge.judge import judge
from mandje.recommend.judge.tables import show_recommendation_tests
from mandje.recommend.models.forms import Penalties
from mandje.recommend.tonight.lists import Choice, recommend
from mandje.shop.settings import Shop
from mandje.warehouse.connection import open_warehouse

_FOLDER: JudgementFolder = "recommendation_tests"


def offer(shop: Shop, as_of_date: date) -> dict[str, Any]:
    """Judge the month's forms or take them from their file, write tonight's lists; give what is recorded."""
    with open_warehouse(shop) as con:
        judgement = _judgement(con, shop, as_of_date.replace(day=1))
        choices = {one["task"]: Choice(one["champion"], one["half_life_days"]) for one in judgement["tasks"]}
        told = recommend(con, as_of_date, choices, Penalties(**judgement["penalties"]))
        show_recommendation_tests(con, judgements(shop, _FOLDER))
    methods = {one["task"]: {"champion": one["champion"], "why": one["why"]} for one in judgement["tasks"]}
    return asdict(told) | {"methods": methods}


def _judgement(con: duckdb.DuckDBPyConnection, shop: Shop, month: date) -> Record:
    """The month's, from its file while that still holds: other nights, in any order, come to the same."""
    key = purchases_key(con, month)
    kept = kept_judgement(shop, _FOLDER, month, key)
    return kept or keep_judgement(shop, _FOLDER, month, key, judge(read_purchases_then(con, month), month))
