"""What the closing screen and `mandje status` say of the forecasts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from mandje.cli.forecasts import forecast_lines
from mandje.observe.nights import write_record
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
    form = ("form", "BG/NBD; for the month stack: better at 4 of 4 cut(s)")
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
    assert list(forecast_lines(shop)) == [("form", "none; for the month BG/NBD: too little")]
