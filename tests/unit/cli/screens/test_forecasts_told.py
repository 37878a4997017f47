"""What the closing screen and `mandje status` say of the forecasts."""

from __future__ import annotations

import inspect
import re
from datetime import date
from pathlib import Path

from mandje.cli.screens.forecasts import FITTED, fitted, forecast_lines
from mandje.observe.records.nights import write_record
from mandje.predict.models import ladder
from mandje.predict.scores import choice
from tiny_shop import make_shop

NIGHT = date(2025, 5, 30)


def test_form_and_outcome_in_words(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    fit = {
        "order_form": "BG/NBD",
        "champion": "stack",
        "judgement": {"why": "better at 4 of 4 cut(s)"},
        "warnings": ["stack cannot be used tonight: too few"],
    }
    assert list(forecast_lines(shop)) == []
    write_record(shop, NIGHT, "predict", {"result": fit})
    form = ("model", "BG/NBD tonight, in place of stack, this month's: better at 4 of 4 cut(s)")
    assert list(forecast_lines(shop)) == [form]
    forecasts = {"told": "of 2025-03-31: 377 order days expected", "warnings": ["far more than came"]}
    write_record(shop, NIGHT, "build_customers", {"result": {"forecasts": forecasts}})
    assert list(forecast_lines(shop)) == [
        form,
        ("forecast", "of 2025-03-31: 377 order days expected"),
    ]


def test_no_form_tonight_and_records_of_before(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    write_record(shop, NIGHT, "predict", {"result": {"order_form": None, "warnings": []}})
    assert list(forecast_lines(shop)) == []
    fit = {"order_form": None, "champion": "BG/NBD", "judgement": {"why": "too little"}, "warnings": []}
    write_record(shop, NIGHT, "predict", {"result": fit})
    assert list(forecast_lines(shop)) == [("model", "none tonight; this month's would be BG/NBD: too little")]
    write_record(shop, NIGHT, "predict", {"result": fit | {"order_form": "BG/NBD"}})
    assert list(forecast_lines(shop)) == [("model", "BG/NBD, this month's: too little")]
    write_record(shop, NIGHT, "predict", {"result": fit | {"customers": 0}})
    assert list(forecast_lines(shop)) == []  # a shop of visits only


def test_how_the_model_was_fitted_in_plain_words() -> None:
    tried = [
        {"rung": "maximum_likelihood", "fault": "it runs away"},
        {"rung": "weak_prior", "fault": None},
    ]
    fit = {"purchase_model": "BG/NBD", "rung": "weak_prior", "rungs_tried": tried}
    told = fitted(fit)
    assert told == ("BG/NBD, held lightly near usual values (fitted to the data alone failed: it runs away)")
    assert not {"rung", "cut", "form", "_"} & set(told.split())


def test_every_way_of_fitting_has_words() -> None:
    source = inspect.getsource(ladder) + inspect.getsource(choice)
    assert set(FITTED) <= set(re.findall('"([a-z_]+)"', source))
    ways = ("maximum_likelihood", "no_leaving", "weak_prior", "stronger_prior", "earlier_date", "last_window")
    for way in ways:
        assert way in FITTED
