"""Equal final exports give equal state marts, in whatever order and grouping the nights took them in."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from mandje.night.pipeline import run_stage
from mandje.publish.content_hash import VOLATILE, content_hash
from mandje.publish.tables import public_tables
from mandje.shop.settings import Shop
from mandje.warehouse import build
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.dbt import run_dbt
from tiny_shop import Exports, drop, make_shop, random_exports

# Great Expectations and the gate leave no trace in state.
STAGES = ("discover", "validate", "load", "build", "predict", "build_customers")
LAST = date(2025, 3, 31)

Delivery = tuple[str, date]
Schedule = Sequence[tuple[date, Sequence[Delivery]]]


@pytest.fixture(scope="module", autouse=True)
def no_dbt_tests() -> Iterator[None]:
    """They look at state and change none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "run_dbt", lambda *told: run_dbt(*told) if told[1] == "build" else [])
        yield


def run_night(shop: Shop, day: date, stages: Iterable[str] = STAGES) -> None:
    for stage in stages:
        run_stage(shop.folder, day, stage)


def state(shop: Shop) -> dict[str, str]:
    """Content hash of every public state table."""
    with open_warehouse(shop, read_only=True) as con:
        tables = [table for table in public_tables(con) if not table.is_journal]
        return {
            f"{table.schema}.{table.name}": content_hash(con, table.schema, table.name, VOLATILE)
            for table in tables
        }


def in_one_night(exports: Exports) -> Schedule:
    return [(LAST, exports.deliveries())]


def shuffled_nights(exports: Exports, seed: int, groups: int) -> Schedule:
    """Deliveries arrive in any order, weeks late, in groups; the last night stands at the same day."""
    chance = random.Random(seed)
    deliveries = exports.deliveries()
    chance.shuffle(deliveries)
    cuts = sorted(chance.sample(range(1, len(deliveries)), groups - 1))
    parts = [deliveries[a:b] for a, b in zip([0, *cuts], [*cuts, len(deliveries)], strict=True)]
    days = sorted(chance.sample(range(1, 40), groups - 1), reverse=True)
    return list(zip([LAST - timedelta(days=n) for n in days] + [LAST], parts, strict=True))


def run_schedule(folder: Path, exports: Exports, schedule: Schedule) -> Shop:
    shop = make_shop(folder)
    for day, arrived in schedule:
        drop(shop, exports, arrived)
        run_night(shop, day)
    return shop


@pytest.fixture(scope="module")
def exports() -> Exports:
    return random_exports(seed=7)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory, exports: Exports) -> dict[str, str]:
    shop = run_schedule(tmp_path_factory.mktemp("reference") / "shop", exports, in_one_night(exports))
    return state(shop)


def test_reference_holds_something(reference: dict[str, str]) -> None:
    assert {"marts.orders", "marts.returns", "marts.customer_value"} <= set(reference)
    assert len(set(reference.values())) == len(reference)


def test_any_order_and_grouping_give_the_same_state(
    tmp_path: Path, exports: Exports, reference: dict[str, str]
) -> None:
    """The first of two nights also takes in what is wrong; for the second it is mended or withdrawn."""
    shop = make_shop(tmp_path / "shop")
    (early, some), (late, rest) = shuffled_nights(exports, seed=1, groups=2)
    drop(shop, exports, some)
    wrong, strange = wrong_deliveries(exports, some)
    for one in (wrong, strange):
        drop(shop, one, one.deliveries())
    run_night(shop, early)
    assert wrong_rows(shop) == (True, True)
    drop(shop, exports, [*wrong.deliveries(), *rest])
    for feed, day in strange.deliveries():
        shutil.rmtree(shop.exports / feed / day.isoformat())
    run_night(shop, late)
    assert state(shop) == reference
    run_night(shop, LAST - timedelta(days=20))
    assert state(shop) == reference, "an older night leaves the warehouse at the newest"


def wrong_deliveries(exports: Exports, of: Sequence[Delivery]) -> tuple[Exports, Exports]:
    """Order lines of a delivery with other quantities; a return on a day that has none."""
    wrong, strange = Exports(), Exports()
    changed = next(delivery for delivery in sorted(of) if delivery[0] == "order_lines")
    wrong.rows[changed] = [row | {"quantity": 99} for row in exports.rows[changed]]
    days = sorted(day for feed, day in exports.rows if feed == "returns")
    free = next(day + timedelta(days=1) for day in days if day + timedelta(days=1) not in days)
    strange.rows["returns", free] = [exports.rows["returns", days[0]][0] | {"return_id": "x"}]
    return wrong, strange


def wrong_rows(shop: Shop) -> tuple[bool, bool]:
    """Whether such lines and such a return are among the rows that count."""
    with open_warehouse(shop, read_only=True) as con:
        lines = con.execute("SELECT count(*) FROM staging.stg_order_lines WHERE quantity = 99").fetchall()
        returns = con.execute("SELECT count(*) FROM staging.stg_returns WHERE return_id = 'x'").fetchall()
    return lines > [(0,)], returns == [(1,)]


@pytest.mark.full
@pytest.mark.parametrize("seed", range(8))
def test_many_worlds_and_schedules(tmp_path: Path, seed: int) -> None:
    exports = random_exports(seed=100 + seed)
    once = run_schedule(tmp_path / "a", exports, in_one_night(exports))
    expected = state(once)
    run_night(once, LAST)
    assert state(once) == expected, "the same night twice"
    for number in range(3):
        schedule = shuffled_nights(
            exports, seed=seed * 10 + number, groups=random.Random(seed).randrange(2, 5)
        )
        assert state(run_schedule(tmp_path / f"b{number}", exports, schedule)) == expected
