"""A night that is unmade never ran: the shop is as its twin that never ran it, and goes on as that would."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from command_line import told
from mandje import evidence
from mandje.errors import ExitCode, MandjeError
from mandje.pipeline import STAGES, run_stage
from mandje.publish.gate import Gate
from mandje.settings import Shop, load_shop
from mandje.warehouse import build
from mandje.warehouse.dbt import run_dbt
from shop_picture import Picture, assert_equal, picture
from tiny_shop import Exports, copy_shop, drop, make_shop, random_exports

FIRST = date(2025, 2, 28)
NEXT = date(2025, 3, 1)
# They come with the next night: of its day, of a day before the first, and one of each that cannot be read.
LATE = [("returns", date(2025, 2, 3)), ("session_events", date(2025, 1, 20))]
UNREADABLE = [("customers", date(2025, 2, 27)), ("customers", NEXT)]

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module", autouse=True)
def no_dbt_tests() -> Iterator[None]:
    """They look at state and change none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "run_dbt", lambda *told: run_dbt(*told) if told[1] == "build" else [])
        yield


def run_night(shop: Shop, day: date, stages: Sequence[str] = STAGES) -> None:
    for stage in stages:
        run_stage(shop.folder, day, stage)


def unmake(shop: Shop, day: date) -> str:
    return told("unmake", shop.folder, day)


def drop_bytes(shop: Shop, source: str, day: date, content: bytes) -> None:
    path = shop.exports / source / day.isoformat() / f"{source}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@dataclass(frozen=True)
class Twin:
    """A shop that has run its first night; what is delivered for the next lies there already."""

    shop: Shop
    never_run: Picture
    before: Picture


@pytest.fixture(scope="module")
def exports() -> Exports:
    return random_exports(seed=3)


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory, exports: Exports) -> Twin:
    shop = make_shop(tmp_path_factory.mktemp("twin") / "shop")
    drop(shop, exports, [one for one in exports.deliveries() if one[1] <= FIRST and one not in LATE])
    never_run = picture(shop)
    run_night(shop, FIRST)
    drop(shop, exports, [*LATE, *(one for one in exports.deliveries() if one[1] == NEXT)])
    for source, day in UNREADABLE:
        drop_bytes(shop, source, day, b"")
    return Twin(shop, never_run, picture(shop))


@pytest.fixture
def shop(twin: Twin, tmp_path: Path) -> Shop:
    return copy_shop(twin.shop, tmp_path / "shop")


def test_the_night_before_stands_again_and_the_next_runs_as_for_the_first_time(
    shop: Shop, twin: Twin
) -> None:
    run_night(shop, NEXT, STAGES[:3])  # killed here, and run again
    run_night(shop, NEXT)
    after = picture(shop)
    assert len(after["quarantine"]) > len(twin.before["quarantine"])
    assert after["working"] != twin.before["working"]
    said = unmake(shop, NEXT)
    assert_equal(picture(shop), twin.before)
    assert "returns/2025-02-03" in said
    assert f"stands now night {FIRST}" in said
    assert f"nights due {NEXT}" in said
    run_night(shop, NEXT)
    assert_equal(picture(shop), after)
