"""Commands that do the work: init, prepare, run, night, up, down."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from mandje.cli.app import ShopFolder, app
from mandje.cli.screens.terminal import console, near, progress_bar, reporter, wrapped
from mandje.errors import MandjeError
from mandje.night.pipeline import STAGES, due_nights, next_night, run_stage
from mandje.observe.records.machine_clock import check_clock
from mandje.orchestrate.nights import NightResult, run_nights
from mandje.orchestrate.nights import Progress as NightProgress
from mandje.shop.settings import Shop, load_shop, parse_day


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder for the shop.")],
) -> None:
    """Make a new shop: a commented shop.toml and empty example files for every feed."""
    from mandje.starter import init_shop

    init_shop(folder)
    console.print(f"A shop stands in {folder}. Next: read {folder / 'shop.toml'}, drop files into")
    console.print(f"{folder / 'exports'}/<feed>/<YYYY-MM-DD>/, then `mandje night {folder}`.")


@app.command()
def prepare(folder: ShopFolder) -> None:
    """Make a sample shop's exports from its shipped source, day by day; the second time, do nothing."""
    _prepare(load_shop(folder))


@app.command()
def night(
    folder: ShopFolder,
    date_: Annotated[
        str | None, typer.Option("--date", help="The night's date, YYYY-MM-DD; default: the newest due.")
    ] = None,
) -> None:
    """Run one night here, without Airflow: all deliveries up to its date, then marts and snapshot."""
    shop = load_shop(folder)
    run_date = parse_day(date_) if date_ else next_night(shop)
    if run_date is None:
        console.print(_nothing_due(shop))
        return
    with progress_bar() as progress:
        for stage in STAGES:
            task = progress.add_task(f"{run_date} {stage}", total=None)
            record = run_stage(folder, run_date, stage, reporter(progress, task, f"{run_date} {stage}"))
            progress.update(task, total=1, completed=1, description=f"{run_date} {stage}")
            progress.console.print(f"  {run_date} {stage:16} {record['seconds']:6.1f} s")
            progress.remove_task(task)
    _close(shop, [run_date])


@app.command()
def run(folder: ShopFolder) -> None:
    """Run the nights that are due through Airflow: history as one night, then the last three one by one."""
    shop = load_shop(folder)
    _make_exports(shop)
    check_clock(shop)
    dates = due_nights(shop)
    if dates:
        _through_airflow(shop, dates)
    else:
        console.print(f"\n{_nothing_due(shop)}")
    _close(shop, dates)


def _nothing_due(shop: Shop) -> str:
    from mandje.ingest.exports.deliveries import delivery_dates

    if not delivery_dates(shop):
        return (
            f"Nothing was delivered yet: {near(shop.exports)} holds no <source>/<YYYY-MM-DD>/ that is over."
        )
    return "Nothing is due: no delivery is new or changed. Nothing was run, nothing was published."


@app.command()
def up(folder: ShopFolder) -> None:
    """Start Airflow (scheduler, API server with its pages, triggerer) for a shop, on loopback."""
    from mandje.orchestrate.server import up

    shop = load_shop(folder)
    server = up(shop, lambda text: console.print(f"  {text}"), scheduled=shop.settings.schedule.is_on)
    console.print(f"\nAirflow is up: {server.address}\n  login {server.user}, password {server.password}")
    console.print(f"  nights start by themselves: {_when(shop)}; `make down` stops Airflow", markup=False)


def _when(shop: Shop) -> str:
    schedule = shop.settings.schedule
    if not schedule.is_on:
        return "no ([schedule] is_on = false in shop.toml); trigger the DAG `nightly` with a run_date"
    return f"{schedule.cron} ({shop.settings.time_zone})"


@app.command()
def down(folder: ShopFolder) -> None:
    """Stop the Airflow that `mandje up` started for a shop."""
    from mandje.orchestrate.server import down

    console.print("Airflow is stopped." if down(load_shop(folder)) else "Airflow was not running.")


def _through_airflow(shop: Shop, dates: list[date]) -> None:
    console.print(f"\n== Nights through Airflow: {', '.join(map(str, dates))}")
    with progress_bar() as progress:
        task = progress.add_task("Airflow", total=len(STAGES))

        def tell(now: NightProgress) -> None:
            label = f"night {now.run_date} {now.stage or 'waiting'}{' (again)' if now.is_retry else ''}"
            progress.update(task, description=label, completed=now.stages_done, total=now.stages_total)

        results = run_nights(shop, dates, tell, lambda text: progress.console.print(f"  {text}"))
    _raise_if_failed(results[-1])


def _raise_if_failed(result: NightResult) -> None:
    if not result.is_success:
        raise MandjeError(
            f"night {result.run_date} failed at {result.failed_stage}: {result.fault}",
            exit_code=result.exit_code,
        )


def _make_exports(shop: Shop) -> None:
    """Of a sample shop from its shipped input, of a simulated shop from its settings; of another, nothing."""
    from mandje.cli.make import simulate_shop
    from mandje.prepare import has_source
    from mandje.simulate.settings import FILE

    if has_source(shop):
        _prepare(shop)
    elif (shop.folder / FILE).is_file():
        simulate_shop(shop.folder)


def _prepare(shop: Shop) -> None:
    from mandje.prepare import prepare_exports

    console.print(f"== Exports of {shop.settings.name}")
    with progress_bar() as progress:
        task = progress.add_task("deliveries", total=None)
        prepared = prepare_exports(shop, reporter(progress, task, "deliveries"))
    console.print(f"  {prepared}")


def _close(shop: Shop, dates: list[date]) -> None:
    from mandje.cli.screen import WIDTH, closing_screen

    lines = closing_screen(shop, dates).splitlines()
    if console.is_terminal:  # elsewhere a line stays a line
        lines = [part for line in lines for part in wrapped(line, hang=WIDTH)]
    for line in lines:
        console.print(line, markup=False)
