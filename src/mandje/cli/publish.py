"""The command `publish`: publish again, explain a closed gate, roll back, go on."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from mandje.cli.app import ShopFolder, app
from mandje.cli.screens.terminal import console
from mandje.cli.screens.warning_lines import verdict_lines
from mandje.errors import ExitCode, MandjeError
from mandje.night.pipeline import run_stage
from mandje.observe.records.nights import newest_night, unfinished_night
from mandje.shop.settings import Shop, load_shop


@app.command()
def publish(
    folder: ShopFolder,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the gate is open, and why not.")
    ] = False,
    rollback: Annotated[
        str | None,
        typer.Option(metavar="SNAPSHOT", help="Send readers to this snapshot (name or date) and stay."),
    ] = None,
    unpin: Annotated[bool, typer.Option("--unpin", help="End a rollback.")] = False,
) -> None:
    """Publish the newest night again, explain a refusal, or go back to an earlier snapshot."""
    shop = load_shop(folder)
    if rollback is not None:
        console.print(f"Readers see {_go_back(shop, rollback)} until `--unpin`.")
    elif unpin:
        console.print(f"Readers see {_go_on(shop)}.")
    elif check:
        _check(shop)
    else:
        _publish(shop)


def _go_back(shop: Shop, snapshot: str) -> str:
    from mandje.night.morning_page import place_page
    from mandje.publish.published_folder import rollback

    chosen = rollback(shop, snapshot).name
    place_page(shop)
    return chosen


def _go_on(shop: Shop) -> str:
    from mandje.night.morning_page import place_page
    from mandje.publish.published_folder import unpin

    newest = unpin(shop).name
    place_page(shop)
    return newest


def _check(shop: Shop) -> None:
    from mandje.night.gate_inputs import judge

    night = unfinished_night(shop) or _newest(shop)
    as_of_date = max(night, newest_night(shop) or night)
    verdict = judge(shop, night, as_of_date)
    if verdict.passed:
        console.print(f"The gate is open: {as_of_date} may be published.")
    else:
        console.print("The gate is closed; readers keep the last snapshot. Reasons:")
    for line in (*(f"  - {reason}" for reason in verdict.reasons), *verdict_lines(shop)):
        console.print(line, markup=False)
    if not verdict.passed:
        raise typer.Exit(ExitCode.GATE_CLOSED)


def _publish(shop: Shop) -> None:
    newest = _newest(shop)
    run_stage(shop.folder, newest, "gate")
    record = run_stage(shop.folder, newest, "publish")
    console.print(record["result"]["note"])


def _newest(shop: Shop) -> date:
    newest = newest_night(shop)
    if newest is None:
        raise MandjeError("no night was run yet", next_step="run one: `mandje night SHOP`")
    return newest
