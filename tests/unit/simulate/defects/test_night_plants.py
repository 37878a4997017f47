from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from planted_shop import at, frame, world

from mandje.contracts.feeds import FEEDS
from mandje.errors import MandjeError
from mandje.simulate.defects.classes import WRITTEN_DAILY
from mandje.simulate.defects.nights.breaker import night_plants
from mandje.simulate.defects.nights.classes import LastNight, last_night
from mandje.simulate.defects.nights.late_days import LateDays, may_be_late
from mandje.simulate.defects.nights.visible import check_less, check_silence, usual_count
from mandje.simulate.defects.nights.withheld import Late
from mandje.simulate.deliver.broken_file import DAMAGE, BrokenFile
from mandje.simulate.outcomes import DEFECTS
from mandje.simulate.run import simulate
from mandje.simulate.settings.nights import Nights
from night_shops import LAST, night_shop, truth_of

Tree = dict[str, bytes]


def _exports(folder: Path) -> Tree:
    paths = (path for path in (folder / "exports").glob("*/*/*") if path.is_file())
    return {str(path.relative_to(folder / "exports")): path.read_bytes() for path in paths}


def _truth(folder: Path) -> Tree:
    return {path.name: path.read_bytes() for path in (folder / "truth").iterdir()}


def _said(folder: Path) -> dict[str, Any]:
    night: dict[str, Any] = truth_of(folder)["last_night"]
    return night


def _defects(folder: Path, name: str) -> list[tuple[Any, ...]]:
    rows = pl.read_parquet(folder / "truth" / "defects.parquet").filter(pl.col("class") == name)
    return rows.select("feed", "delivery_date", "outcome", "row_count", "again_date", "key").rows()


def _differing(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> set[str]:
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


def _last(feed: str, name: str) -> str:
    return f"{feed}/{LAST}/{name}"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return night_shop(tmp_path_factory, "plain")


def test_without_plants_the_last_night_is_published(plain: Path) -> None:
    assert _said(plain) == {"outcome": "published", "exit_code": 0, "holds": [], "tells": []}


def test_absent_deliveries_are_no_folders_on_the_last_day(
    plain: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = night_shop(tmp_path_factory, "absent")
    gone = [
        _last("orders", "orders.csv.gz"),
        _last("order_lines", "order_lines.csv.gz"),
    ]
    before = _exports(plain)
    assert _exports(folder) == {name: content for name, content in before.items() if name not in gone}
    assert [path for path in gone if (folder / "exports" / path).parent.exists()] == []
    assert _said(folder) == {"outcome": "waits", "exit_code": 6, "holds": [], "tells": []}
    planted = _defects(folder, "absent_newest_deliveries")
    assert {(row[0], row[1], row[2]) for row in planted} == {
        (name.split("/")[0], LAST, "waits") for name in gone
    }


def test_vanished_sources_have_no_folder_in_the_last_two_weeks(
    plain: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = night_shop(tmp_path_factory, "vanished")
    silent = LAST - timedelta(days=13)
    before = _exports(plain)

    def is_gone(name: str) -> bool:
        feed, day, _ = name.split("/")
        return feed in {"returns", "customers", "ad_spend"} and date.fromisoformat(day) >= silent

    assert sum(map(is_gone, before)) == 3 * 14
    assert _exports(folder) == {name: content for name, content in before.items() if not is_gone(name)}
    assert _said(folder) == {
        "outcome": "held",
        "exit_code": 4,
        "holds": ["silence:returns"],
        "tells": ["silence:ad_spend", "silence:customers"],
    }
    planted = {row[0]: row for row in _defects(folder, "vanished_sources")}
    assert planted.keys() == {"returns", "customers", "ad_spend"}
    lines = sum(
        len(_text(name, before[name])) for name in before if is_gone(name) and name.startswith("returns/")
    )
    assert (planted["returns"][1], planted["returns"][3]) == (silent, lines)


def _text(name: str, content: bytes) -> list[str]:
    """Rows of a file, without its header."""
    if name.endswith(".parquet"):
        return [str(row) for row in pl.read_parquet(content).rows()]
    text = gzip.decompress(content) if name.endswith(".gz") else content
    lines = text.decode("utf-8", "replace").splitlines()
    return [line for line in (lines if name.endswith(".jsonl") else lines[1:]) if line]


def test_a_late_day_comes_before_the_rows_of_the_next(
    plain: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = night_shop(tmp_path_factory, "late")
    before, after = _exports(plain), _exports(folder)
    planted = _defects(folder, "late_days")
    days = sorted({row[1] for row in planted})
    assert len(days) == 2
    assert LAST - timedelta(days=6) <= days[0] < days[1] - timedelta(days=1) < LAST - timedelta(days=2)
    for day in days:
        again = day + timedelta(days=1)
        late = {name for name in before if f"/{day}/" in name}
        assert {name.split("/")[0] for name in late} >= set(WRITTEN_DAILY)
        assert {(row[0], row[3], row[4]) for row in planted if row[1] == day} == {
            (name.split("/")[0], len(_text(name, before[name])), again) for name in late
        }
        assert not any(f"/{day}/" in name for name in after)
        for name in late:
            joined = name.replace(str(day), str(again))
            own = _text(joined, before[joined]) if joined in before else []
            assert _text(joined, after[joined]) == _text(name, before[name]) + own
    touched = {str(day + timedelta(days=more)) for day in days for more in (0, 1)}
    assert {name.split("/")[1] for name in _differing(before, after)} <= touched
    assert _said(folder)["outcome"] == "published"
    for name in ("delivery_outcomes", "row_outcomes"):
        _check_outcomes(plain, folder, name, days)
    told = {f"{name}.parquet" for name in ("row_outcomes", "delivery_outcomes", "defects")}
    assert _differing(_truth(plain), _truth(folder)) == told | {"truth.json"}


def _check_outcomes(plain: Path, folder: Path, name: str, days: list[date]) -> None:
    """As many rows have each outcome as if nothing were late; only late days are missing more."""
    one, other = (pl.read_parquet(each / "truth" / f"{name}.parquet") for each in (plain, folder))
    if name == "row_outcomes":
        sums = [each.group_by("feed", "outcome").agg(pl.col("row_count").sum()) for each in (one, other)]
        assert sums[0].sort("feed", "outcome").equals(sums[1].sort("feed", "outcome"))
    else:
        changed = other.join(one, on=["feed", "delivery_date", "outcome"], how="anti")
        assert set(changed["delivery_date"].filter(changed["outcome"] == "missing")) == set(days)
        assert set(WRITTEN_DAILY) <= set(changed["feed"].filter(changed["outcome"] == "missing"))


def test_of_a_quarter_day_whole_orders_and_visitors_are_left(
    plain: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = night_shop(tmp_path_factory, "quarter")
    before, after = _exports(plain), _exports(folder)
    names = {
        "orders": _last("orders", "orders.csv.gz"),
        "order_lines": _last("order_lines", "order_lines.csv.gz"),
        "session_events": _last("session_events", "session_events.parquet"),
    }
    assert _differing(before, after) == set(names.values())
    ids = {"orders": "order_id", "order_lines": "order_id", "session_events": "visitor_id"}
    kept = {}
    visitors = pl.read_parquet(before[names["session_events"]])["visitor_id"].n_unique()
    for feed, name in names.items():
        read = pl.read_parquet if feed == "session_events" else _read_csv
        whole, left = read(before[name]), read(after[name])
        kept[feed] = set(left[ids[feed]])
        assert left.equals(whole.filter(pl.col(ids[feed]).is_in(sorted(kept[feed]))))
    assert _orders_of_last_day(after) == _orders_of_last_day(before) // 4 >= 4
    assert 0.2 < len(kept["session_events"]) / visitors <= 0.25
    assert kept["order_lines"] <= kept["orders"]
    assert kept["order_lines"] == kept["orders"] & set(_read_csv(before[names["order_lines"]])["order_id"])
    assert _said(folder)["holds"] == ["day:orders", "day:sessions"]


def _orders_of_last_day(tree: Tree) -> int:
    rows = _read_csv(tree[_last("orders", "orders.csv.gz")])
    moment = pl.col("ordered_at").str.to_datetime("%Y-%m-%dT%H:%M:%S%.6fZ", time_zone="UTC", strict=False)
    is_sold = pl.col("status").is_in(["paid", "fulfilled"])
    return rows.filter(is_sold, moment.dt.convert_time_zone("Europe/Amsterdam").dt.date() == LAST).height


def _read_csv(content: bytes) -> pl.DataFrame:
    return pl.read_csv(gzip.decompress(content), infer_schema=False)


def test_an_untracked_event_type_is_all_that_the_last_day_lacks(
    plain: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = night_shop(tmp_path_factory, "untracked")
    before, after = _exports(plain), _exports(folder)
    name = _last("session_events", "session_events.parquet")
    assert _differing(before, after) == {name}
    ((feed, day, outcome, count, _, kind),) = _defects(folder, "untracked_event_types")
    whole, left = pl.read_parquet(before[name]), pl.read_parquet(after[name])
    assert left.equals(whole.filter(pl.col("event_type") != kind))
    assert (feed, day, outcome) == ("session_events", LAST, f"held:event_type:{kind}")
    assert count == whole.height - left.height >= 20
    assert _said(folder)["holds"] == [f"event_type:{kind}"]


def test_equal_seeds_plant_equal_nights(tmp_path_factory: pytest.TempPathFactory) -> None:
    one, other = (night_shop(tmp_path_factory, name) for name in ("every", "every again"))
    assert (_exports(one), _truth(one)) == (_exports(other), _truth(other))
    assert len(_said(one)["holds"]) == 4


@pytest.mark.parametrize("count", [1, 2, 3])
def test_counts_add_feeds(count: int) -> None:
    one = world(days=40)
    nights = Nights(absent_newest_deliveries=count)
    plants = night_plants(replace(one, settings=one.settings.model_copy(update={"nights": nights})), ())
    assert [feed for feed, own in plants.items() if own] == ["orders", "order_lines", "session_events"][
        :count
    ]


@pytest.mark.parametrize(
    ("nights", "found"),
    [
        ("vanished_sources = 1", r"rows of returns a day"),
        ("quarter_days = 1", r"orders would be left"),
        ("untracked_event_types = 1", r"usual events of each type"),
    ],
)
def test_a_shop_too_small_to_show_it_is_told_of(nights: str, found: str, tmp_path: Path) -> None:
    (tmp_path / "simulation.toml").write_text(f"customers = 40\ndays = 40\n[nights]\n{nights}\n")
    name = nights.split(" ", 1)[0]
    with pytest.raises(MandjeError, match=f"too small to show {name}.*{found}.*set {name} = 0 under"):
        simulate(tmp_path)
    assert not (tmp_path / "exports").exists()


def test_usual_is_the_median_of_at_least_four_same_weekdays() -> None:
    counts = [99] * 28
    counts[0], counts[7], counts[14], counts[21] = 5, 1, 9, 3
    assert usual_count(counts, 28) == 4
    assert usual_count(counts[1:], 27) == 0


@pytest.mark.parametrize(("left", "usual", "is_seen"), [(5, 22, True), (5, 15, False), (8, 22, False)])
def test_what_is_left_must_be_clearly_less(left: int, usual: float, is_seen: bool) -> None:  # noqa: FBT001
    if is_seen:
        check_less("quarter_days", "orders", left, usual)
    else:
        with pytest.raises(MandjeError, match=f"{left} orders would be left, {usual} are usual"):
            check_less("quarter_days", "orders", left, usual)


@pytest.mark.parametrize(
    "counts", [[2] * 10 + [0] * 6 + [9] * 20, [1] * 40, [0] * 40], ids=["silent before", "few rows", "none"]
)
def test_a_silence_that_could_be_chance_is_refused(counts: list[int]) -> None:
    with pytest.raises(MandjeError, match="too small to show vanished_sources"):
        check_silence("returns", counts, 14)


def test_a_silence_after_a_steady_feed_is_seen() -> None:
    check_silence("returns", [0] * 9 + [2, 0, 0, 3, 3, 3] * 5, 14)


def _lines(day: int, order: int, numbers: tuple[int, ...]) -> pl.DataFrame:
    rows = [
        {"order_id": order, "line_number": number, "updated_at": at(day), "delivery_day": day}
        for number in numbers
    ]
    return frame("order_lines", rows)


def test_versions_of_an_order_with_other_lines_may_not_come_together() -> None:
    same = pl.concat([_lines(3, 1, (1, 2)), _lines(4, 1, (1, 2)), _lines(4, 2, (1,))])
    less = pl.concat([_lines(3, 1, (1, 2)), _lines(4, 1, (1,))])
    assert may_be_late("order_lines", same, 3)
    assert not may_be_late("order_lines", less, 3)
    assert may_be_late("order_lines", less, 4)


def test_an_event_that_is_too_early_may_not_come_later() -> None:
    row = {"event_id": 1, "event_at": at(5), "delivery_day": 3}
    early = frame("session_events", [row | {"outcome": "rejected:impossible_date"}])
    assert not may_be_late("session_events", early, 3)
    assert may_be_late("session_events", early, 2)


def _late_days(count: int) -> LateDays:
    one = world(days=40)
    nights = one.settings.nights.model_copy(update={"late_days": count})
    settings = one.settings.model_copy(update={"nights": nights})
    return LateDays(replace(one, settings=settings))


def test_late_days_never_lie_on_end_nor_at_the_end() -> None:
    assert _late_days(0).chosen() == ()
    assert _late_days(3).chosen() == (33, 35, 37)


def test_days_that_rows_forbid_are_not_late() -> None:
    late = _late_days(2)
    less = [frame for day in (33, 35, 36) for frame in (_lines(day, day, (1, 2)), _lines(day + 1, day, (1,)))]
    late.look_at({"order_lines": pl.concat(less)})
    assert late.chosen() == (34, 37)
    late.look_at({"order_lines": pl.concat([_lines(37, 9, (1,)), _lines(38, 9, (1, 2))])})
    with pytest.raises(MandjeError, match=r"cannot come a day late.*1 day\(s\).*2, never two on end"):
        late.chosen()


def _file(day: int, suffix: str = "") -> BrokenFile:
    rows = frame("orders", [{"order_id": day, "updated_at": at(day), "delivery_day": day}])
    return BrokenFile(
        suffix, rows.with_columns(pl.lit(None, kind).alias(name) for name, kind in DAMAGE.items())
    )


def test_a_feed_misses_nothing_before_its_first_delivery() -> None:
    late = Late("orders", (3, 5))
    assert late.files(3, [_file(3)]) == []
    (joined,) = late.files(4, [])
    assert joined.rows["delivery_day"].to_list() == [4]
    assert late.planted == []
    assert late.files(5, []) == []
    assert late.files(6, []) == []
    assert late.planted == []


def test_what_comes_again_on_a_late_day_is_refused() -> None:
    with pytest.raises(MandjeError, match="come again on a late day"):
        Late("orders", (3,)).files(3, [_file(3), _file(1, "2024-02-02")])


def test_what_must_become_of_a_night_follows_from_what_is_planted() -> None:
    def planted(*outcomes: str) -> LastNight:
        rows = [{"outcome": outcome, "feed": next(iter(FEEDS))} for outcome in outcomes]
        return last_night(pl.DataFrame(rows, DEFECTS))

    assert planted("missing", "rejected:type") == LastNight("published")
    assert planted("told:silence:ad_spend") == LastNight("published", (), ("silence:ad_spend",))
    assert planted("held:day:orders", "held:day:orders", "kept") == LastNight("held", ("day:orders",))
    assert planted("waits", "held:day:orders") == LastNight("waits")
