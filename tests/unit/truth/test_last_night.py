from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from command_line import told
from mandje.errors import ExitCode
from mandje.ingest.store.partitions import Current
from mandje.observe.records.nights import note_stop, write_record
from mandje.shop.settings import Shop
from mandje.simulate.settings import SimulationSettings
from mandje.system.own_files import write_own
from mandje.truth.nights import compare_last_night, compare_late_days
from mandje.truth.tables.cells import Compared
from mandje.truth.tables.columns import COLUMNS
from mandje.truth.tables.files import load_truth
from mandje.warehouse.marker import Marker, write_marker
from shop_of_days import FIRST, LAST, frames, marts, write_truth
from tiny_shop import make_shop

MIDDLE = date(2024, 1, 2)
Planted = tuple[str, str, date, str]
WAITING: list[Planted] = [("absent_newest_deliveries", "orders", LAST, "waits")]
SILENT: list[Planted] = [
    ("vanished_sources", "returns", FIRST, "held:silence:returns"),
    ("vanished_sources", "customers", FIRST, "told:silence:customers"),
]
QUARTER: list[Planted] = [
    ("quarter_days", "orders", LAST, "held:day:orders"),
    ("quarter_days", "order_lines", LAST, "held:day:orders"),
    ("quarter_days", "session_events", LAST, "held:day:sessions"),
]
UNTRACKED: list[Planted] = [("untracked_event_types", "session_events", LAST, "held:event_type:add_to_cart")]
OF_PLANT = {
    "silent": (SILENT, ["silence:returns"], ["silence:customers: no row for 14 days"]),
    "quarter": (QUARTER, [f"day:orders:{LAST}:(all)", f"day:sessions:{LAST}:(all)"], []),
    "untracked": (UNTRACKED, [f"event_type:add_to_cart:{LAST}:(all)"], []),
}


def a_shop(folder: Path, planted: list[Planted]) -> Shop:
    """Nothing is delivered; what is planted is all that the truth tells of."""
    shop = make_shop(folder)
    counts = dict.fromkeys([name for name, *_ in planted], 0)
    for name in counts:
        counts[name] = 1 if name == "quarter_days" else sum(one[0] == name for one in planted)
    settings = SimulationSettings.model_validate({"days": 30, "nights": counts})
    lines = [f"{name} = {count}" for name, count in counts.items()]
    (folder / "simulation.toml").write_text("\n".join(["days = 30", "[nights]", *lines, ""]))
    defects = pl.DataFrame(
        [dict(zip(("class", "feed", "delivery_date", "outcome"), one, strict=True)) for one in planted],
        dict(COLUMNS["defects"]),
    ).with_columns(row_count=pl.lit(9, pl.Int64), key=pl.int_range(pl.len()).cast(pl.String))
    nothing = {name: frames()[name].clear() for name in ("delivery_outcomes", "row_outcomes")}
    truth = frames() | nothing | {"defects": defects}
    write_truth(folder, truth, settings=settings.model_dump(mode="json"))
    return shop


def publish(shop: Shop, day: date) -> None:
    """Readers see a snapshot of this day, whose night ended well."""
    write_record(shop, day, "load", {"result": {}})
    write_record(shop, day, "gate", {"result": {"passed": True, "reasons": [], "holds": []}})
    write_record(shop, day, "publish", {"result": {}})
    name = f"{day}-{'0' * 12}"
    (shop.published / name).mkdir(parents=True, exist_ok=True)
    (shop.published / "current").unlink(missing_ok=True)
    (shop.published / "current").symlink_to(name)
    shop.warehouse.parent.mkdir(exist_ok=True)
    write_marker(shop, Marker(day, "digest", complete=True))


def hold(shop: Shop, day: date, figures: list[str], lines: list[str] | None = None, now: str = "0") -> None:
    holds = [{"figure": name, "before": "20", "now": now, "sentence": "none of it"} for name in figures]
    write_record(shop, day, "load", {"result": {}})
    verdict = {"passed": False, "reasons": ["a reason"], "holds": holds, "told": lines or []}
    write_record(shop, day, "gate", {"stage": "gate", "result": verdict})
    note_stop(shop, day, "gate", "the gate is closed", ExitCode.GATE_CLOSED)


def wait(shop: Shop, day: date) -> None:
    note_stop(shop, day, "discover", "orders of the day are not there", ExitCode.WAITING)


def compared(shop: Shop, exit_code: ExitCode) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(told("truth", shop.folder, "--format", "json", exit_code=exit_code))
    return answer


def said(shop: Shop) -> list[str]:
    """Differences of a truth that is not met."""
    rows = compared(shop, ExitCode.NOT_EQUAL)["differences"]
    return [f"{row['key']}: {row['expected']}, {row['found']}" for row in rows]


@pytest.mark.parametrize("before", [True, False], ids=["after a night", "first night"])
def test_a_night_that_waits_as_it_must_is_right(before: bool, tmp_path: Path) -> None:  # noqa: FBT001
    shop = a_shop(tmp_path / "shop", WAITING)
    if before:
        publish(shop, MIDDLE)
    wait(shop, LAST)
    answer = compared(shop, ExitCode.OK)
    assert answer["last_night"] == {"date": str(LAST), "outcome": "waits"}
    (planted,) = [row for row in answer["classes"] if row["class"] == "absent_newest_deliveries"]
    assert planted == {
        "class": "absent_newest_deliveries", "set": 1, "planted": 1,
        "rows": 1, "found": 1, "missed": 0, "extra": 0,
    }  # fmt: skip
    text = told("truth", shop.folder)
    assert f"the night of {LAST} waits for deliveries, as it must: no figure is compared" in text


@pytest.mark.parametrize("plant", OF_PLANT)
@pytest.mark.parametrize("before", [MIDDLE, None])
def test_a_night_that_is_held_by_the_planted_figures_is_right(
    plant: str, before: date | None, tmp_path: Path
) -> None:
    planted, figures, lines = OF_PLANT[plant]
    shop = a_shop(tmp_path / "shop", planted)
    if before:
        publish(shop, before)
    hold(shop, LAST, [*figures, "table:marts.orders"], lines)
    answer = compared(shop, ExitCode.OK)
    assert answer["last_night"]["outcome"] == "held"
    found = {row["class"]: (row["planted"], row["found"], row["missed"]) for row in answer["classes"]}
    count = len({(one[1], one[3]) for one in planted})
    assert found[planted[0][0]] == (1 if plant == "quarter" else count, count, 0)
    assert f"the night of {LAST} is held at the gate, as it must" in told("truth", shop.folder)


def test_figures_that_a_hold_does_not_name_are_missed(tmp_path: Path) -> None:
    shop = a_shop(tmp_path / "shop", [*QUARTER, *SILENT])
    hold(shop, LAST, [f"day:sessions:{LAST}:nl", "silence:customers", "day:orders_of_nobody"])
    assert said(shop) == [
        f"{LAST} holds day:orders: yes, no",
        f"{LAST} holds silence:returns: yes, no",
    ]
    missed = {row["class"]: row["missed"] for row in compared(shop, ExitCode.NOT_EQUAL)["classes"]}
    assert missed["quarter_days"] == 2
    assert missed["vanished_sources"] == 1


@pytest.mark.parametrize(
    ("now", "found", "missed", "extra"),
    [("6 with 1a2b", 6, 0, 0), ("5 with 1a2b", 5, 1, 0), ("8", 6, 0, 2)],
)
@pytest.mark.parametrize(
    ("name", "figure"), [("orders_of_two_sites", "orders_two_sites"), ("partial_orders", "untied_orders")]
)
def test_a_hold_counts_just_the_orders_that_are_planted(  # noqa: PLR0913, PLR0917 - what it counts, and is found
    name: str, figure: str, now: str, found: int, missed: int, extra: int, tmp_path: Path
) -> None:
    shop = a_shop(tmp_path / "shop", [(name, "orders", LAST, f"held:{figure}")] * 6)
    hold(shop, LAST, [figure], now=now)
    answer = compared(shop, ExitCode.NOT_EQUAL if missed or extra else ExitCode.OK)
    (planted,) = [row for row in answer["classes"] if row["class"] == name]
    assert (planted["planted"], planted["found"]) == (6, found)
    assert (planted["missed"], planted["extra"]) == (missed, extra)


def test_what_is_only_told_holds_nothing(tmp_path: Path) -> None:
    shop = a_shop(tmp_path / "shop", UNTRACKED)
    hold(shop, LAST, ["predictions"], [f"event_type:add_to_cart:{LAST}:(all): 0, usually 30"])
    assert said(shop) == [f"{LAST} holds event_type:add_to_cart: yes, no"]


@pytest.mark.parametrize(("planted", "must"), [(UNTRACKED, "held"), (WAITING, "waits")])
def test_a_night_that_was_published_though_it_must_not_is_wrong(
    planted: list[Planted], must: str, tmp_path: Path
) -> None:
    shop = a_shop(tmp_path / "shop", planted)
    publish(shop, MIDDLE)
    publish(shop, LAST)
    differences = said(shop)
    assert f"{LAST} outcome: {must}, published" in differences
    assert f"{LAST} readers see: {MIDDLE}, {LAST}" in differences


def test_a_night_that_waits_has_loaded_nothing(tmp_path: Path) -> None:
    shop = a_shop(tmp_path / "shop", WAITING)
    wait(shop, LAST)
    for day in (MIDDLE, LAST):
        current = Current("0" * 64, "rules", "accepted", {"orders": 1}, 0)
        write_own(shop.raw / "orders" / str(day) / "current.json", current.to_json())
    compared, _ = compare_last_night(shop, load_truth(shop))
    assert compared.differences.select("key", "expected", "found").rows() == [
        (f"{LAST} deliveries loaded", "0", "1")
    ]


@pytest.mark.parametrize(
    ("become", "found"),
    [
        (wait, "waits"),
        (lambda shop, day: hold(shop, day, ["predictions"]), "held"),
        (
            lambda shop, day: note_stop(shop, day, "load", "a line", ExitCode.NIGHT_STOPPED),
            "stopped in load, exit code 3",
        ),
    ],
)
def test_a_night_that_must_be_published_and_is_not_is_wrong(become: Any, found: str, tmp_path: Path) -> None:
    shop = a_shop(tmp_path / "shop", [])
    become(shop, LAST)
    assert f"{LAST} outcome: published, {found}" in said(shop)


def test_a_night_that_stopped_before_the_last_is_no_answer(tmp_path: Path) -> None:
    shop = a_shop(tmp_path / "shop", WAITING)
    publish(shop, FIRST)
    wait(shop, MIDDLE)
    text = told("truth", shop.folder, exit_code=ExitCode.USER_ERROR)
    assert "another day than the truth" in text


def test_a_night_that_waited_and_was_held_later_is_held(tmp_path: Path) -> None:
    shop = a_shop(tmp_path / "shop", WAITING)
    wait(shop, LAST)
    hold(shop, LAST, ["predictions"])
    assert f"{LAST} outcome: waits, held" in said(shop)


def _late(folder: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> Compared:
    """Days of the published tables that are whole but `where`."""
    shop = a_shop(folder, [("late_days", feed, MIDDLE, "missing") for feed in ("orders",)])
    con = marts()
    con.execute("alter table marts.daily_kpis add column is_complete boolean")
    con.execute(f"update marts.daily_kpis set is_complete = not ({where})")

    def query(_shop: Shop, sql: str) -> pl.DataFrame:
        return pl.DataFrame(con.sql(sql).to_arrow_table())

    monkeypatch.setattr("mandje.truth.nights.query_snapshot", query)
    (late,) = compare_late_days(shop, load_truth(shop))
    return late


def test_a_late_day_is_not_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    late = _late(tmp_path / "shop", monkeypatch, f"kpi_date = date '{MIDDLE}'")
    assert (late.rows, late.is_equal) == (3, True)


@pytest.mark.parametrize(
    ("where", "keys"), [("false", 3), (f"site = 'nl' and kpi_date = date '{MIDDLE}'", 2)]
)
def test_a_late_day_that_is_shown_as_whole_is_wrong(
    where: str, keys: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = _late(tmp_path / "shop", monkeypatch, where)
    assert late.differences.height == keys
    assert set(late.differences["column"]) == {"is_complete"}
