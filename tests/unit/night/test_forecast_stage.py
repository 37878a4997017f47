"""The stage that looks ahead, on made-up warehouses: what it keeps of a night, and what it shows."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from histories import AS_OF, order_days, shop_warehouse
from mandje.night.predict import forecast
from mandje.observe.records.judgements import judgements
from mandje.observe.records.nights import nights as nights_of
from mandje.observe.records.nights import read_record, write_record
from mandje.predict import journal
from mandje.predict.back_test.judge import judge_forms
from mandje.predict.journal import HISTORY, keep_predictions, show_predictions
from mandje.predict.scores import choice
from mandje.predict.scores.columns import HORIZONS
from mandje.predict.season.factor import Season
from mandje.predict.season.tonight import no_seasons
from mandje.predict.season.year_before import Seasons
from mandje.shop.settings import Shop
from mandje.system.own_files import DamagedFileError
from no_predictions import create_tables
from tiny_shop import make_shop

ORDERS = order_days(1100, (0.6, 60.0, 0.8, 2.5), 730, seed=5)
MAY, JUNE = date(2025, 5, 20), date(2025, 6, 10)
SEASON = Season(1.2, 1.25, 0.02, MAY - timedelta(days=364), 900, None)
JOURNAL = "select * from predictions.customer_predictions_history order by as_of_date, person_id"

Night = Callable[..., dict[str, Any]]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "a [shop]")


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch) -> Night:
    """A function (shop, as-of date, orders) that looks ahead and records it; `con` is the warehouse."""

    def run(shop: Shop, as_of: date, orders: pl.DataFrame = ORDERS) -> dict[str, Any]:
        con = shop_warehouse(orders, as_of)

        @contextmanager
        def opened(_shop: Shop) -> Iterator[duckdb.DuckDBPyConnection]:
            yield con

        monkeypatch.setattr(forecast, "open_warehouse", opened)
        result = forecast.look_ahead(shop, as_of)
        path = write_record(shop, as_of, "predict", {"stage": "predict", "seconds": 0, "result": result})
        return {**json.loads(path.read_text())["result"], "con": con}

    return run


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """Nights on which the forms were really back-tested."""
    nights = []

    def judge(con: duckdb.DuckDBPyConnection, as_of: date, horizon: int) -> object:
        nights.append(as_of)
        return judge_forms(con, as_of, horizon)

    monkeypatch.setattr(forecast, "judge_forms", judge)
    return nights


def rows(result: dict[str, Any], sql: str) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = result["con"].execute(sql).fetchall()
    return found


def test_a_month_is_judged_once_and_again_when_its_past_changes(
    shop: Shop, night: Night, judged: list[date]
) -> None:
    first = night(shop, JUNE)
    again, later = night(shop, JUNE), night(shop, AS_OF)
    assert judged == [JUNE]
    assert first["judgement"] == again["judgement"] == later["judgement"]
    assert first["judgement"]["why"] == "nothing else forecast surely better, tried on 4 day(s) of the past"
    late = pl.DataFrame([("p0000001", date(2025, 1, 1), 9.5)], schema=ORDERS.schema, orient="row")
    night(shop, AS_OF, pl.concat([ORDERS, late]))
    assert judged == [JUNE, AS_OF]
    assert [one["month"] for one in judgements(shop, "back_tests")] == ["2025-06-01"]


def test_nights_of_other_months_stay_in_the_journals(shop: Shop, night: Night) -> None:
    may = rows(night(shop, MAY), JOURNAL)
    june = night(shop, JUNE)
    both = rows(june, JOURNAL)
    assert {row[1] for row in may} == {MAY}
    assert both[: len(may)] == may
    assert {row[1] for row in both[len(may) :]} == {JUNE}
    assert rows(night(shop, JUNE), JOURNAL) == both
    told = rows(june, "select expected_orders_90d, churn_band from predictions.customer_predictions "
                "join predictions.churn_risk using (person_id) order by person_id")  # fmt: skip
    names = [name for name, *_ in june["con"].execute(JOURNAL).description]
    kept = [tuple(row[names.index(name)] for name in ("expected_orders_90d", "churn_band")) for row in both]
    assert kept[len(may) :] == told
    assert all(row[0] is not None for row in told)
    assert rows(june, "select distinct judged_month from ops.back_tests order by 1") == [
        (date(2025, 5, 1),), (date(2025, 6, 1),)
    ]  # fmt: skip
    undescribed = (
        "select column_name from duckdb_columns() where schema_name = 'predictions' and comment is null"
    )
    assert rows(june, undescribed) == []


def test_who_takes_back_the_consent_is_shown_on_no_night(shop: Shop, night: Night) -> None:
    con = night(shop, MAY)["con"]
    before = con.execute(JOURNAL).fetchall()
    person = before[7][0]
    con.execute("update scores.persons set has_consent = false where person_id = ?", [person])
    after = con.execute(JOURNAL).fetchall()
    assert after[7] == (person, MAY, *[None] * (len(after[7]) - 3), "no_consent")
    assert [*after[:7], *after[8:]] == [*before[:7], *before[8:]]


@pytest.mark.parametrize("killed_on", [JUNE, AS_OF], ids=["the same night", "another"])
def test_a_night_killed_while_it_keeps_its_predictions_leaves_the_old_ones(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, killed_on: date
) -> None:
    keep_predictions(predicted(JUNE, 0.5), shop, JUNE)
    with monkeypatch.context() as killed:
        killed.setattr(journal, "sync", _die)
        with pytest.raises(InterruptedError):
            keep_predictions(predicted(killed_on, 0.7), shop, killed_on)
    assert shown(shop) == [(JUNE, 0.5)]
    keep_predictions(predicted(killed_on, 0.7), shop, killed_on)
    assert shown(shop) == sorted({JUNE: 0.5, killed_on: 0.7}.items())
    assert [path.suffix for path in (shop.ops / "predictions").iterdir()] == [".parquet"] * len(shown(shop))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no Parquet"])
def test_a_damaged_journal_is_named(shop: Shop, content: bytes) -> None:
    keep_predictions(predicted(JUNE, 0.5), shop, JUNE)
    (shop.ops / "predictions" / f"{AS_OF}.parquet").write_bytes(content)
    with pytest.raises(DamagedFileError, match=f"{AS_OF}.parquet.*what was predicted that night"):
        shown(shop)


def predicted(night: date, alive: float) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    create_tables(con)
    for table, value in (
        ("customer_predictions", "alive_probability"),
        ("churn_risk", "no_order_probability"),
    ):
        columns = f"person_id, as_of_date, {value}"
        con.execute(f"insert into predictions.{table} ({columns}) values ('p', '{night}', {alive})")
    return con


def shown(shop: Shop) -> list[tuple[Any, ...]]:
    con = duckdb.connect()
    create_tables(con)
    show_predictions(con, shop)
    return con.execute(f"select as_of_date, alive_probability from {HISTORY} order by 1").fetchall()


def _die(_path: Path) -> None:
    raise InterruptedError


def test_too_little_to_judge_says_why_and_the_night_goes_on(shop: Shop, night: Night) -> None:
    result = night(shop, JUNE, ORDERS.head(300))
    assert (result["champion"], result["order_form"], result["reason"]) == (
        "BG/NBD",
        None,
        "too_few_customers",
    )
    assert "nothing could be back-tested" in result["judgement"]["why"]
    assert rows(result, "select contender, cut_date, fault = 'x', auc from ops.back_tests") == [
        ("BG/NBD", None, False, None)
    ]
    assert rows(result, "select count(*) from ops.back_test_bins") == [(0,)]
    assert rows(
        result, "select distinct expected_orders_30d, reason from predictions.customer_predictions_history"
    ) == [(None, "too_few_customers")]


def test_parameters_are_compared_with_an_earlier_month(
    shop: Shop, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def drift(_now: object, then: dict[str, Any]) -> list[str]:
        seen.append(then["as_of_date"])
        return ["moved"]

    monkeypatch.setattr(forecast, "parameter_drift", drift)
    assert [night(shop, day)["warnings"][:1] for day in (MAY, JUNE)] == [[], ["moved"]]
    assert seen == [MAY.isoformat()]


def champions(shop: Shop) -> dict[str, tuple[str, str]]:
    """By month, what was chosen and why."""
    return {one["month"]: (one["champion"], one["why"]) for one in judgements(shop, "back_tests")}


def told(shop: Shop) -> dict[str, Any]:
    """What nights in any order must leave alike: their fits, with seasons and totals, and every prediction.

    What is warned of compares with nights before, and how long it took is another thing.
    """
    fits = {
        day.isoformat(): {
            name: value
            for name, value in (read_record(shop, day, "predict") or {})["result"].items()
            if name not in {"warnings", "seconds"}
        }
        for day in nights_of(shop)
    }
    kept = sorted((shop.ops / "predictions").glob("*.parquet"))
    return {"fits": fits, "predictions": pl.concat([pl.read_parquet(path) for path in kept]).rows()}


def after(folder: Path, night: Night, nights: Iterable[date]) -> Shop:
    """A shop after these nights in this order."""
    shop = make_shop(folder)
    for as_of in nights:
        night(shop, as_of)
    return shop


def test_any_order_of_nights_and_a_night_again_have_the_same_seasons(tmp_path: Path, night: Night) -> None:
    """May has its own season and June its own, of the same weeks a year before."""
    in_turn = told(after(tmp_path / "in_turn", night, [MAY, JUNE]))
    assert told(after(tmp_path / "shuffled", night, [JUNE, MAY, JUNE])) == in_turn
    may, june = (in_turn["fits"][day.isoformat()]["seasons"][1] for day in (MAY, JUNE))
    for season, day in ((may, MAY), (june, JUNE)):
        assert season["season_first_date"] == (day - timedelta(days=363)).isoformat()
        assert season["season_order_count"] >= 200
        assert season["season_factor_seen"] is not None
    assert may["season_factor_seen"] != june["season_factor_seen"]


def test_the_first_night_with_a_season_is_told_once(
    shop: Shop, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    season = {90: Seasons(90, SEASON, SEASON)}

    def planted(day: date, found: dict[int, Seasons]) -> list[str]:
        with monkeypatch.context() as patch:
            patch.setattr(choice, "seasons_tonight", lambda *_: no_seasons(HORIZONS, "planted") | found)
            warnings: list[str] = night(shop, day)["warnings"]
        return warnings

    assert planted(MAY, {}) == []
    (said,) = planted(MAY + timedelta(days=1), season)
    assert said.startswith("forecasts are corrected for the season of the year before from now on (90 days: ")
    assert planted(MAY + timedelta(days=2), season) == []


@pytest.mark.full
@pytest.mark.parametrize("seed", range(2))
def test_over_a_year_any_order_of_nights_chooses_the_same(tmp_path: Path, night: Night, seed: int) -> None:
    months = [date(2024 + month // 12, month % 12 + 1, 1) for month in range(6, 18)]
    drawn = random.Random(seed)
    nights = [day + timedelta(days=drawn.randrange(28)) for day in months for _ in range(2)]
    shop = after(tmp_path / "in_turn", night, sorted(nights))
    in_turn = champions(shop)
    drawn.shuffle(nights)
    shuffled = after(tmp_path / "shuffled", night, nights)
    assert champions(shuffled) == in_turn
    assert told(shuffled) == told(shop)
    assert champions(after(tmp_path / "first_days", night, months)) == in_turn
    forms = [form for _, (form, _) in sorted(in_turn.items())]
    # The customers are those of BG/NBD. The single cut that there is in autumn is misled by chance twice.
    assert forms == ["BG/NBD", "MBG/NBD", "MBG/NBD", *["BG/NBD"] * 9]
