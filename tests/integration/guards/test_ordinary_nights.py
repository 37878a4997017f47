"""The gate on real and simulated history: no ordinary night is held, and each planted collapse is.

Replayed on the figures that the gate compares, night by night, for all nights that the data hold.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from command_line import told
from demo_shop import DEMO
from mandje.ingest.due.rhythm import accounted_for
from mandje.observe.gate_checks.day_figures import AccountedFor, compare_days
from mandje.prepare import prepare_exports
from mandje.shop.settings import Shop, load_shop
from mandje.simulate.run import simulate
from online_retail_shop import SAMPLE

pytestmark = [pytest.mark.full, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

ONE_DAY = timedelta(days=1)
# Site, day, what is left of which figure: on quiet days and busy ones, before Christmas and after.
DEMO_COLLAPSES = [
    ("(all)", date(2024, 3, 4), 0.0, "session_count"),
    ("(all)", date(2024, 3, 31), 0.25, "session_count"),
    ("(all)", date(2024, 6, 15), 0.25, "page_view_count"),
    ("(all)", date(2024, 7, 28), 0.0, "order_count"),
    ("(all)", date(2024, 10, 27), 0.3, "session_count"),
    ("(all)", date(2024, 12, 25), 0.0, "page_view_count"),
    ("uk", date(2024, 12, 31), 0.1, "session_count"),
    ("nl", date(2025, 1, 2), 0.25, "page_view_count"),
    ("(all)", date(2025, 2, 28), 0.05, "order_count"),
    ("(all)", date(2025, 5, 1), 0.0, "page_view"),
    ("(all)", date(2025, 5, 11), 0.0, "add_to_cart"),
    ("(all)", date(2025, 5, 30), 0.0, "product_view"),
]
RETAIL_COLLAPSES = [
    ("(all)", date(2011, 1, 25), 0.0, "order_count"),
    ("(all)", date(2011, 2, 13), 0.2, "order_count"),
    ("(all)", date(2011, 3, 28), 0.25, "order_count"),
    ("(all)", date(2011, 5, 5), 0.25, "order_count"),
    ("(all)", date(2011, 6, 5), 0.1, "order_count"),
    ("(all)", date(2011, 9, 1), 0.02, "gross_sales_amount"),
    ("(all)", date(2011, 10, 31), 0.25, "order_count"),
    ("(all)", date(2011, 12, 8), 0.25, "order_count"),
]
LABELS = {
    "order_count": "day:orders",
    "gross_sales_amount": "day:gross_sales",
    "session_count": "day:sessions",
    "page_view_count": "day:page_views",
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("ordinary") / "demo"
    folder.mkdir()
    for name in ("shop.toml", "simulation.toml"):
        shutil.copy(DEMO / name, folder)
    simulate(folder)
    return _after_a_night(folder)


@pytest.fixture(scope="module")
def retail(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("ordinary") / "online_retail"
    shutil.copytree(SAMPLE / "source", folder / "source")
    shutil.copy(SAMPLE / "shop.toml", folder)
    prepare_exports(load_shop(folder))
    return _after_a_night(folder)


def _after_a_night(folder: Path) -> Shop:
    told("night", folder)
    return load_shop(folder)


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Iterator[tuple[duckdb.DuckDBPyConnection, date, AccountedFor]]:
    """What the gate compares, in memory and free to be changed; the last day; days that are accounted for."""
    shop: Shop = request.getfixturevalue(request.param)
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{shop.warehouse}' AS work (READ_ONLY)")
        con.execute("CREATE SCHEMA marts; CREATE SCHEMA intermediate")
        con.execute("CREATE TABLE marts.daily_kpis AS FROM work.marts.daily_kpis")
        con.execute(
            "CREATE TABLE intermediate.int_events_sessionised AS"
            " SELECT site, event_date, event_type FROM work.intermediate.int_events_sessionised"
        )
        first, last = (
            con.execute("SELECT min(kpi_date), max(kpi_date) FROM marts.daily_kpis").fetchone() or ()
        )
        yield con, last, accounted_for(shop, first, last)


@pytest.mark.parametrize("figures", ["demo", "retail"], indirect=True)
def test_no_ordinary_night_is_held(figures: tuple[duckdb.DuckDBPyConnection, date, AccountedFor]) -> None:
    con, last, known = figures
    ((count,),) = con.execute("SELECT count(DISTINCT kpi_date) FROM marts.daily_kpis").fetchall()
    nights = [last - ONE_DAY * number for number in range(count)]
    held = [hold for night in nights for hold in compare_days(con, night - ONE_DAY, night, known)[0]]
    assert count > 300
    assert held == []


def _collapse(con: duckdb.DuckDBPyConnection, site: str, day: date, share: float, name: str) -> str:
    """Cut a figure of a day to a share; the name of the hold that it must be."""
    if name in LABELS:
        con.execute(
            f"UPDATE marts.daily_kpis SET {name} = {name} * {share} WHERE site = ? AND kpi_date = ?",
            [site, day],
        )
        return f"{LABELS[name]}:{day}:{site}"
    con.execute(
        "DELETE FROM intermediate.int_events_sessionised WHERE event_date = ? AND event_type = ?", [day, name]
    )
    return f"event_type:{name}:{day}:{site}"


@pytest.mark.parametrize(
    ("figures", "site", "day", "share", "name"),
    [*(("demo", *one) for one in DEMO_COLLAPSES), *(("retail", *one) for one in RETAIL_COLLAPSES)],
    indirect=["figures"],
)
def test_each_planted_collapse_is_held_and_stays_held(
    figures: tuple[duckdb.DuckDBPyConnection, date, AccountedFor],
    site: str,
    day: date,
    share: float,
    name: str,
) -> None:
    con, last, known = figures
    figure = _collapse(con, site, day, share, name)
    before = day - ONE_DAY
    first = {hold.figure: hold for hold in compare_days(con, before, day, known)[0]}
    assert figure in first
    again = {hold.figure: hold for hold in compare_days(con, before, day, known)[0]}
    assert again == first  # the same night twice, or an older night run again
    for night in (day + ONE_DAY, day + 2 * ONE_DAY):  # it was never published, so it is still between
        if night <= last:
            assert (
                first.items()
                <= {hold.figure: hold for hold in compare_days(con, before, night, known)[0]}.items()
            )
    if day < last:  # somebody let it through: the next night has nothing to ask
        assert compare_days(con, day, day + ONE_DAY, known)[0] == []
