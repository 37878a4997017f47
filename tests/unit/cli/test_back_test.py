"""The command `backtest`: the published scoreboard of CDNOW from a file of orders; what cannot be tested."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

import cdnow
from mandje.cli import app
from mandje.errors import MandjeError

CUT = ("--cut", "1997-09-30", "--horizon", "273", "--elapsed-age")


def run(*words: object) -> str:
    result = CliRunner().invoke(app, ["backtest", *map(str, words)], catch_exceptions=False)
    if result.exception is not None:
        raise result.exception
    return result.output


@cache
def scoreboard() -> tuple[dict[str, dict[str, Any]], str]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv"
        days = cdnow.sample_days().rename({"customer": "customer_id", "day": "order_date"})
        days.with_columns(extra=pl.lit("x")).write_csv(path)
        rows = json.loads(run("--file", path, *CUT, "--format", "json"))
        return {row["contender"]: row for row in rows}, run("--file", path, *CUT)


@pytest.mark.parametrize(
    ("form", "published"),
    [
        ("BG/NBD", (1653.4, 0.757, 0.1612, 0.0528, 0.785, 0.470)),
        ("MBG/NBD", (1576.7, 0.760, 0.1614, 0.0553, 0.765, 0.477)),
    ],
)
def test_the_published_scoreboard(form: str, published: tuple[float, ...]) -> None:
    """Of unrounded days; the publication has weeks to two digits, which moves customers between tenths."""
    total, auc, brier, calibration, absolute, top = published
    found = scoreboard()[0][form]
    assert round(found["total"] * 1882, 1) == pytest.approx(total, abs=0.051)
    assert (round(found["AUC"], 3), round(found["Brier"], 4)) == (auc, brier)
    assert (round(found["MAE"], 3), round(found["top"], 3)) == (absolute, top)
    assert found["ECE"] == pytest.approx(calibration, abs=0.0025)


def test_baselines_and_the_spend_of_the_holdout() -> None:
    found = scoreboard()[0]
    assert round(found["recency"]["AUC"], 3) == 0.771
    assert round(found["repeat_last_count"]["MAE"], 3) == 0.897
    assert round(found["BG/NBD"]["spend"] * 70_976) == pytest.approx(59_932, abs=2)


def test_the_form_that_the_calibration_period_chooses() -> None:
    found, told = scoreboard()
    assert "By what was known then, stack would forecast: " in told
    assert "BG/NBD and MBG/NBD: not corrected for season: no year of history" in told
    assert "684 of 2,357 customers ordered, on 1,882 days" in told
    tables = [line.split() for line in told.splitlines() if line.startswith("contender ")]
    assert [one[-1] for one in tables] == ["top", "told"]
    assert "PIT: customers with orders in the middle 80 % of their forecast; 0.8 is right" in told
    assert found["BG/NBD"]["PIT"] == pytest.approx(0.8, abs=0.04)
    assert found["recency"]["covered"] is None
    assert found["stack"]["AUC"] >= 0.78
    assert found["stack"]["Brier"] <= 0.156


@pytest.mark.parametrize(
    ("content", "cut", "message"),
    [
        ("customer_id,order_date\na,2025-01-01\n", "2025-01-01", "cannot be read"),
        ("customer_id,order_date,amount\na,1 May,1\n", "2025-01-01", "cannot be read"),
        ("customer_id,order_date,amount\na,2025-01-02,dear\n", "2025-01-01", "cannot be read"),
        ("customer_id,order_date,amount\na,2025-01-02,\n", "2025-01-01", "cannot be read"),
        ("", "2025-01-01", "cannot be read"),
        ("customer_id,order_date,amount\n", "2025-01-01", "nothing before the cut"),
        ("customer_id,order_date,amount\na,2025-01-02,1\n", "2025-01-01", "nothing before the cut"),
        ("customer_id,order_date,amount\na,2025-01-02,1\n", "2025-01-02", "nothing before the cut"),
    ],
    ids=["no amount", "no date", "no number", "a gap", "empty", "no orders", "cut too early", "cut too late"],
)
def test_what_cannot_be_tested_is_said(tmp_path: Path, content: str, cut: str, message: str) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(content)
    with pytest.raises(MandjeError, match=message):
        run("--file", path, "--cut", cut)


def test_very_few_customers_are_scored_without_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("customer_id,order_date,amount\na,2025-01-02,1\na,2025-03-02,1\nb,2025-01-05,0\n")
    told = run("--file", path, "--cut", "2025-02-01", "--horizon", "30")
    assert "1 of 2 customers ordered, on 1 days" in told
    assert "nothing could be back-tested" in told
    assert "not scored: stack: " in told  # it has no empty row, but its reason
    assert not [line for line in told.splitlines() if line.split() == ["stack"]]


@pytest.mark.parametrize("words", [(), (".", "--file", "orders.csv")], ids=["neither", "both"])
def test_one_thing_at_a_time(words: tuple[str, ...]) -> None:
    with pytest.raises(MandjeError, match="one thing"):
        run(*words)
