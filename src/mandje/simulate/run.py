"""Simulating a shop: `exports/` and `truth/` of its folder from `simulation.toml`, once."""

from __future__ import annotations

import fcntl
import shutil
from collections import defaultdict, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from mandje.errors import MandjeError
from mandje.prepare.write import Progress
from mandje.simulate.block import BlockRows, make_block, make_whole
from mandje.simulate.defects.breaker import FeedBreaker
from mandje.simulate.defects.nights.breaker import NightBreaker, night_plants
from mandje.simulate.defects.nights.late_days import LateDays
from mandje.simulate.defects.other_ids import with_number_ids
from mandje.simulate.defects.plan import DefectPlan, plan_defects
from mandje.simulate.deliver.assemble import Written, write_exports
from mandje.simulate.deliver.render import with_text_ids
from mandje.simulate.deliver.spill import Spill
from mandje.simulate.deliver.write import ENDINGS
from mandje.simulate.marker import EXPORTS, Simulated, put_in_place, read_marker, write_marker
from mandje.simulate.outcomes import OutcomeCounter
from mandje.simulate.settings import SimulationSettings, read_settings
from mandje.simulate.truth_files import DAILY_VISITS, ORDERS, TRUTH, TruthWriter
from mandje.simulate.visits.truth.daily_truth import visit_ratios
from mandje.simulate.world.world import World, make_world

PRIVATE = ".simulating"
LOCK = ".simulating.lock"
_SPILL = "spill"
# Blocks in memory at a time: each is made of less than 1 GiB.
_MAKERS = 2


def simulate(folder: Path, progress: Progress | None = None) -> Simulated:
    """Make `exports/` and `truth/` in a shop's folder; what was made from these settings stays.

    All is made privately and put in place in the end, `exports/` with its marker last: killed anywhere and
    called again, it ends as if nothing had happened. `truth/` that stands without exports is replaced.
    A fault or Ctrl-C leaves nothing behind. Memory is bounded: a block of customers or a span of days at a
    time.

    Raises:
        MandjeError: no or faulty `simulation.toml`, more defects than its days hold, `exports/` holds
            something else, the folder cannot be written in, or another simulation is at work in it.
    """
    settings = read_settings(folder)
    with _alone(folder), _private(folder) as private:
        simulated = read_marker(folder, settings)
        if simulated is None:
            simulated = _make(private, settings, progress or _silent)
            write_marker(private / EXPORTS, simulated, settings)
            put_in_place(private, folder)
    return simulated


def check(folder: Path, settings: SimulationSettings) -> None:
    """Refuse what `simulate` would refuse of these settings in this folder; writes nothing.

    Raises:
        MandjeError: more defects than the days hold, or `exports/` holds something else.
    """
    if read_marker(folder, settings) is None:
        plan_defects(make_world(settings))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The lock file stays: removed, it could be locked by one and made anew by another."""
    path = folder / LOCK
    try:
        lock = path.open("w")
    except OSError as fault:
        raise MandjeError(f"{folder} cannot be written in", file=str(path), found=fault.strerror) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise MandjeError(
                "another simulation is at work in this folder",
                file=str(path),
                next_step="wait until it ends, then run this again",
            ) from None
        yield


@contextmanager
def _private(folder: Path) -> Iterator[Path]:
    """Where all is made: without what a killed simulation left, and gone in the end however this one ends."""
    private = folder / PRIVATE
    shutil.rmtree(private, ignore_errors=True)
    try:
        yield private
    finally:
        shutil.rmtree(private, ignore_errors=True)


def _silent(_step: str, _done: int, _total: int) -> None:
    pass


def _make(private: Path, settings: SimulationSettings, progress: Progress) -> Simulated:
    world = make_world(settings)
    plan = plan_defects(world)  # before anything is made: it may refuse the settings
    spill = Spill(private / _SPILL, settings.customers, settings.days)
    with TruthWriter(private / TRUTH) as truth:
        late_days = LateDays(world)
        visits = _make_rows(world, spill, truth, late_days, progress)
        outcomes = OutcomeCounter(world.clock)
        breakers = _breakers(world, plan, late_days.chosen())
        written = write_exports(spill, private / EXPORTS, world.clock, (breakers, outcomes), progress)
        outcomes.add_nights(one for breaker in breakers.values() for one in breaker.planted)
        for name, frame in outcomes.frames().items():
            truth.append(name, frame)
        simulated = _simulated(world, truth, written)
        truth.finish(_summary(world, simulated) | {"visits": visits})
    return simulated


def _breakers(world: World, plan: DefectPlan, late_days: tuple[int, ...]) -> dict[str, NightBreaker]:
    plants = night_plants(world, late_days)
    return {feed: NightBreaker(FeedBreaker(plan, feed), plants[feed]) for feed in ENDINGS}


def _make_rows(
    world: World, spill: Spill, truth: TruthWriter, late_days: LateDays, progress: Progress
) -> dict[str, float | int]:
    """Rows of all customers, then of the shop as a whole; what its visits come to."""
    count = sum(1 for _ in world.blocks())
    sums: dict[str, list[pl.DataFrame]] = defaultdict(list)
    for number, made in enumerate(_blocks(world), start=1):
        _keep(world, made, spill, truth)
        late_days.look_at(made.feeds)
        for name, frame in made.sums.items():
            sums[name].append(frame)
        progress("make customers", number, count)
    whole = make_whole(world, sums)
    _keep(world, whole, spill, truth)
    return visit_ratios(whole.truth[DAILY_VISITS])


def _blocks(world: World) -> Iterator[BlockRows]:
    """All blocks in order, a few of them made side by side; none knows of another."""
    with ThreadPoolExecutor(_MAKERS) as pool:
        coming: deque[Future[BlockRows]] = deque()
        for block in world.blocks():
            coming.append(pool.submit(make_block, world, block))
            if len(coming) > _MAKERS - 1:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()


def _keep(world: World, made: BlockRows, spill: Spill, truth: TruthWriter) -> None:
    has_numbers = world.settings.defects.float_ids > 0
    for feed, rows in made.feeds.items():
        spill.append(feed, with_number_ids(rows) if has_numbers else rows)
    for name, frame in made.truth.items():
        truth.append(name, with_text_ids(with_number_ids(frame) if has_numbers else frame))


def _simulated(world: World, truth: TruthWriter, written: Written) -> Simulated:
    return Simulated(
        is_new=True,
        customers=world.settings.customers,
        orders=truth.row_counts[ORDERS],
        events=written.row_counts["session_events"],
        rows=sum(written.row_counts.values()),
        first_delivery_date=world.clock.date_of(0).isoformat(),
        last_delivery_date=world.clock.date_of(world.clock.days - 1).isoformat(),
        delivery_count=written.delivery_count,
        file_count=written.file_count,
        byte_count=written.byte_count,
    )


def _summary(world: World, simulated: Simulated) -> dict[str, object]:
    return {
        "as_of_date": simulated.last_delivery_date,
        "settings": world.settings.model_dump(mode="json"),
        "counts": {"customers": simulated.customers, "orders": simulated.orders, "events": simulated.events},
    }
