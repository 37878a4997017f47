"""Equal final exports give equal state marts, in whatever order and grouping the nights took them in."""

from __future__ import annotations

import random
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
    shop = run_schedule(tmp_path / "shop", exports, shuffled_nights(exports, seed=1, groups=2))
    assert state(shop) == reference
    run_night(shop, LAST)
    assert state(shop) == reference, "the same night twice"
    run_night(shop, LAST - timedelta(days=20))
    assert state(shop) == reference, "an older night leaves the warehouse at the newest"


def test_a_wrong_delivery_that_is_replaced_leaves_no_trace(
    tmp_path: Path, exports: Exports, reference: dict[str, str]
) -> None:
    shop = make_shop(tmp_path / "shop")
    drop(shop, exports, exports.deliveries())
    feed, day = next(delivery for delivery in exports.deliveries() if delivery[0] == "order_lines")
    wrong = Exports()
    wrong.rows[feed, day] = [row | {"quantity": 99} for row in exports.rows[feed, day]]
    drop(shop, wrong, [(feed, day)])
    strange = Exports()
    strange.rows["returns", LAST] = [
        exports.rows["returns", _first(exports, "returns")][0] | {"return_id": "x"}
    ]
    drop(shop, strange, [("returns", LAST)])
    run_night(shop, LAST)
    assert state(shop) != reference

    drop(shop, exports, [(feed, day)])
    for path in (shop.exports / "returns" / LAST.isoformat()).iterdir():
        path.unlink()
    (shop.exports / "returns" / LAST.isoformat()).rmdir()
    run_night(shop, LAST)
    assert state(shop) == reference


def _first(exports: Exports, feed: str) -> date:
    return next(day for name, day in exports.deliveries() if name == feed)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(8))
def test_many_worlds_and_schedules(tmp_path: Path, seed: int) -> None:
    exports = random_exports(seed=100 + seed)
    expected = state(run_schedule(tmp_path / "a", exports, in_one_night(exports)))
    for number in range(3):
        schedule = shuffled_nights(
            exports, seed=seed * 10 + number, groups=random.Random(seed).randrange(2, 5)
        )
        assert state(run_schedule(tmp_path / f"b{number}", exports, schedule)) == expected
