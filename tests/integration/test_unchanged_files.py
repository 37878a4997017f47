"""Between two ordinary nights a Parquet file is another one only where its rows are."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from demo_shop import DEMO, run_nights, small_demo
from mandje.publish.contents import DATABASE
from mandje.publish.manifest import MANIFEST
from mandje.shop.settings import Shop, load_shop
from mandje.simulate.run import simulate

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

# What follows from a visitor's or an order's own rows: nothing of it moves when somebody becomes known.
FACTS = (
    "session_facts",
    "event_facts",
    "cart_facts",
    "order_line_facts",
    "payment_facts",
    "fulfilment_facts",
    "daily_funnel",
)
Files = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The snapshots of two nights that follow each other."""
    return _snapshots(small_demo(tmp_path_factory))


def _snapshots(shop: Shop) -> tuple[Path, Path]:
    before, now = sorted(shop.published.glob("20*"))[-2:]
    return before, now


def _files(snapshot: Path) -> Files:
    """Parquet files by path below the snapshot."""
    listed = json.loads((snapshot / MANIFEST).read_text())["files"]
    return {one["path"]: one for one in listed if one["path"].startswith("parquet/")}


def _changed(before: Path, now: Path) -> list[str]:
    old = _files(before)
    return [path for path, one in _files(now).items() if path in old and one["sha256"] != old[path]["sha256"]]


def _equal_ratio(before: Path, now: Path) -> float:
    old, new = _files(before), _files(now)
    equal = [one["bytes"] for path, one in new.items() if one["sha256"] == old.get(path, {}).get("sha256")]
    return sum(equal) / sum(one["bytes"] for one in new.values())


def _differing_rows(before: Path, now: Path, path: str) -> int:
    one, other = (f"SELECT * FROM read_parquet('{folder / path}')" for folder in (before, now))
    both = f"({one} EXCEPT ALL {other}) UNION ALL ({other} EXCEPT ALL {one})"
    with duckdb.connect() as con:
        row = con.execute(f"SELECT count(*) FROM ({both})").fetchone()
    return row[0] if row else 0


def _sessions(snapshot: Path, until: date) -> set[tuple[object, ...]]:
    with duckdb.connect(snapshot / DATABASE, read_only=True) as con:
        columns = "session_id, shopper_id, last_non_direct_channel, first_touch_channel, has_many_customers"
        old = f"SELECT {columns} FROM marts.sessions WHERE session_date < DATE '{until}'"
        return set(con.execute(old).fetchall())


def test_a_file_differs_only_where_its_rows_do(nights: tuple[Path, Path]) -> None:
    changed = _changed(*nights)
    assert len(changed) > 10
    assert [path for path in changed if not _differing_rows(*nights, path)] == []


def test_somebody_who_becomes_known_leaves_the_facts_of_old_months_alone(nights: tuple[Path, Path]) -> None:
    month = date.fromisoformat(nights[1].name[:10]).replace(day=1)
    assert _sessions(nights[0], month) != _sessions(nights[1], month)
    tables = {f"parquet/{name}/month={month:%Y-%m}/data_0.parquet" for name in FACTS}
    of_facts = [path for path in _changed(*nights) if path.split("/")[1] in FACTS]
    assert set(of_facts) <= tables


def test_most_bytes_of_a_shop_of_eight_months_stay(nights: tuple[Path, Path]) -> None:
    """The month that goes on is an eighth of all."""
    assert _equal_ratio(*nights) > 0.75


@pytest.mark.full
def test_four_fifths_of_the_bytes_of_the_demo_stay(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    folder.mkdir()
    for name in ("shop.toml", "simulation.toml"):
        shutil.copy(DEMO / name, folder)
    last = max(date.fromisoformat(one.name) for one in _simulated(folder).iterdir())
    run_nights(folder, last - timedelta(days=1), last)
    assert _equal_ratio(*_snapshots(load_shop(folder))) >= 0.8


def _simulated(folder: Path) -> Path:
    simulate(folder)
    return folder / "exports" / "orders"
