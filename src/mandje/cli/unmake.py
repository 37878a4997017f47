"""The command that takes the newest night away again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from mandje.cli.app import ShopFolder, app
from mandje.cli.screens.terminal import console, progress_bar, reporter
from mandje.night.pipeline import due_nights
from mandje.night.unmake_steps import Unmaking
from mandje.observe.records.nights import stopped_nights, unfinished_night
from mandje.shop.settings import Shop, load_shop, parse_day

SHOWN = 3


@app.command()
def unmake(
    folder: ShopFolder,
    date_: Annotated[str, typer.Argument(metavar="DATE", help="The newest night, YYYY-MM-DD.")],
) -> None:
    """Take away the newest night, if it was run by mistake: all stands as if it had never run.

    What it loaded is new again, the night before is built again, and readers go back to its snapshot.
    """
    from mandje.night.unmake import unmake_night

    night = parse_day(date_)
    with progress_bar() as progress:
        task = progress.add_task(f"unmaking {night}", total=None)
        done, fault = unmake_night(folder, night, reporter(progress, task, f"unmaking {night}"))
    for title, text in _told(load_shop(folder), done):
        console.print(f"{title:14} {text}", markup=False, highlight=False)
    if fault is not None and done.has_ended:
        raise fault


def _told(shop: Shop, done: Unmaking) -> Iterator[tuple[str, str]]:
    yield "unmade", f"night {done.night}"
    yield "taken away", f"{_counted(done.deliveries, 'delivery', 'deliveries')}; its records and predictions"
    if done.snapshots:
        yield "", _counted(done.snapshots, "snapshot", "snapshots")
    if done.ends_rollback:
        yield "", "the rollback that held readers at it"
    if done.pruned:
        yield "stays gone", f"{_counted(done.pruned, 'snapshot', 'snapshots')}, pruned when it was published"
    if done.gone:
        yield "stays gone", f"{_counted(done.gone, 'delivery', 'deliveries')} that had left the exports"
    if done.changed:
        changed = _counted(done.changed, "delivery", "deliveries")
        yield "stays", f"{changed} read in place of a former version: the exports hold no other"
    yield "stands now", _stands(shop, done)
    yield "readers see", _readers(shop)
    yield "nights due", ", ".join(map(str, due_nights(shop))) or "none"


def _stands(shop: Shop, done: Unmaking) -> str:
    if done.stand is None:
        return "nothing: no night had loaded before it"
    unfinished = unfinished_night(shop)
    if unfinished is None:
        return f"night {done.stand}"
    why = {stop["run_date"]: f": {stop['line']}" for stop in stopped_nights(shop)}
    return f"night {done.stand}; night {unfinished} has not ended{why.get(unfinished.isoformat(), '')}"


def _readers(shop: Shop) -> str:
    from mandje.publish.published_folder import current_snapshot, read_pin

    snapshot = current_snapshot(shop)
    if snapshot is None:
        return "nothing"
    held = ", held there by a rollback until `mandje publish SHOP --unpin`" if read_pin(shop) else ""
    return f"{snapshot.name}{held}"


def _counted(names: Sequence[str], one: str, many: str) -> str:
    if not names:
        return f"no {one}"
    rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{len(names)} {one if len(names) == 1 else many} ({', '.join(names[:SHOWN])}{rest})"
