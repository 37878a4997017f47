"""Commands that run nights: night and stage here, run through Airflow, up and down."""

from __future__ import annotations

import json
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from mandje.cli.app import ShopFolder, app
from mandje.cli.make_shop import make_exports
from mandje.cli.screens.terminal import console, near, progress_bar, reporter, wrapped
from mandje.cli.told.fault import told_fault
from mandje.cli.told.night import Begun, stands_no_more, told_night, who_is_told
from mandje.errors import MandjeError
from mandje.night.pipeline import STAGES, as_of_date, due_nights, next_night, run_stage
from mandje.night.stages import dag_id
from mandje.observe.records.machine_clock import check_clock
from mandje.observe.records.warnings import night_warnings
from mandje.orchestrate.nights import NightResult, run_nights
from mandje.orchestrate.nights import Progress as NightProgress
from mandje.shop.settings import Shop, load_shop, parse_day
from mandje.system.parent import end_quietly, end_with_parent


@app.command()
def night(
    folder: ShopFolder,
    date_: Annotated[
        str | None, typer.Option("--date", help="The night's date, YYYY-MM-DD; default: the newest due.")
    ] = None,
    notify: Annotated[
        bool,
        typer.Option("--notify", help="Tell those of [notify] in shop.toml: stopped, mended, new warnings."),
    ] = False,
) -> None:
    """Run one night here, without Airflow: all deliveries up to its date, then marts and snapshot."""
    with who_is_told(folder) if notify else nullcontext(Begun()) as begun:
        _run_here(folder, date_, begun)


def _run_here(folder: Path, date_: str | None, begun: Begun) -> None:
    shop = load_shop(folder)
    run_date = begun.night = parse_day(date_) if date_ else next_night(shop)
    if run_date is None:
        console.print(_nothing_due(shop))
        return
    with progress_bar() as progress:
        for stage in STAGES:
            begun.stage = stage
            task = progress.add_task(f"{run_date} {stage}", total=None)
            record = run_stage(folder, run_date, stage, reporter(progress, task, f"{run_date} {stage}"))
            progress.update(task, total=1, completed=1, description=f"{run_date} {stage}")
            progress.console.print(f"  {run_date} {stage:16} {record['seconds']:6.1f} s")
            progress.remove_task(task)
    _close(shop, [run_date])


@app.command()
def stage(
    folder: ShopFolder,
    name: Annotated[str, typer.Argument(metavar="STAGE", help=", ".join(STAGES) + ".")],
    date_: Annotated[
        str | None, typer.Option("--date", help="The night's date, YYYY-MM-DD; default: the newest due.")
    ] = None,
) -> None:
    """Run one stage of a night, for a scheduler; the last line is JSON: what it did, or why it stopped."""
    if name not in STAGES:
        raise typer.BadParameter(f"there is no stage {name}; there are {', '.join(STAGES)}")
    end_with_parent()
    end_quietly()
    told: dict[str, Any] = {"stage": name, "run_date": date_}
    try:
        told |= _staged(folder, name, date_)
    except BaseException as fault:  # one that was interrupted is no night without anything due
        told["fault"] = told_fault(fault, folder, name, date_)
        raise
    finally:
        typer.echo(json.dumps(told))


def _staged(folder: Path, name: str, date_: str | None) -> dict[str, Any]:
    """What a stage did and what must be told of it; for which night, None where nothing is due."""
    shop = load_shop(folder)
    run_date = parse_day(date_) if date_ else next_night(shop)
    if run_date is None:
        return {"run_date": None, "result": {}, "warnings": []}
    made_good = stands_no_more(shop, as_of_date(shop, run_date)) if name == STAGES[-1] else None
    result = run_stage(folder, run_date, name)["result"]
    warnings = [
        {"is_new": one.is_new, "line": one.line(shop.folder.name)}
        for one in night_warnings(shop, run_date, stages=[name])
    ]
    told = {"run_date": str(run_date), "result": result, "warnings": warnings}
    return told if made_good is None else told | {"night": told_night(shop, run_date, made_good)}


@app.command()
def run(folder: ShopFolder) -> None:
    """Run the nights that are due through Airflow: history as one night, then the last three one by one."""
    shop = load_shop(folder)
    make_exports(shop)
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
    console.print(f"  nights start by themselves: {_when(shop)}; `mandje down` stops Airflow", markup=False)


def _when(shop: Shop) -> str:
    schedule = shop.settings.schedule
    if not schedule.is_on:
        dag = dag_id(shop.settings.name)
        return f"no ([schedule] is_on = false in shop.toml); trigger the DAG `{dag}` with a run_date"
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


def _close(shop: Shop, dates: list[date]) -> None:
    from mandje.cli.screens.closing_screen import WIDTH, closing_screen

    lines = closing_screen(shop, dates).splitlines()
    if console.is_terminal:  # elsewhere a line stays a line
        lines = [part for line in lines for part in wrapped(line, hang=WIDTH)]
    for line in lines:
        console.print(line, markup=False)
