"""The command `pass`: a person lets exactly the named holds of a night through."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from mandje.cli.app import ShopFolder, app
from mandje.cli.screens.terminal import console
from mandje.errors import MandjeError
from mandje.findings.holds import Hold, keep_passes, not_passed
from mandje.night.audit import holds_of
from mandje.observe.records.nights import last_record, stopped_night
from mandje.shop.settings import Shop, load_shop


@app.command("pass")
def let_through(
    folder: ShopFolder,
    figures: Annotated[
        list[str], typer.Argument(metavar="FIGURE...", help="Names of holds, as the closed gate tells them.")
    ],
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason; it stays in the journal.")],
) -> None:
    """Let figures through that the gate or a stopped night holds; who, when and why stays in `ops.passes`.

    A pass is for this figure with these values on this night, and for nothing else; a pass of ids is for
    these ids on every night.
    """
    shop = load_shop(folder)
    if not why.strip():
        raise MandjeError("a pass needs its reason", found="an empty --why", expected="a few words")
    held = _held(shop)
    chosen = [_find(held, name) for name in dict.fromkeys(figures)]
    for as_of_date in dict.fromkeys(day for day, _ in chosen):
        keep_passes(shop, as_of_date, [hold for day, hold in chosen if day == as_of_date], why.strip())
    for day, hold in chosen:
        console.print(f"{day} {hold.told}: let through", markup=False)
    console.print(f"Next: {_next_step(chosen)}", markup=False)


def _held(shop: Shop) -> list[tuple[date, Hold]]:
    """Everything that is held now and was not passed, with the night that it is held on."""
    found: list[tuple[date, Hold]] = []
    stopped, built = stopped_night(shop), last_record(shop, "build_customers")
    if stopped is not None:
        day = date.fromisoformat(stopped["run_date"])
        found += [(day, hold) for hold in not_passed(shop, day, _gone(shop, day))]
    compared = built["result"].get("comparison") if built else None  # a version before had none
    if compared is not None:
        day = date.fromisoformat(compared["as_of_date"])
        found += [(day, hold) for hold in not_passed(shop, day, holds_of(shop, day))]
    return found


def _gone(shop: Shop, run_date: date) -> list[Hold]:
    from mandje.ingest.due.guards import gone_en_masse
    from mandje.ingest.due.plan import plan_night

    return gone_en_masse(shop, plan_night(shop, run_date))


def _find(held: list[tuple[date, Hold]], name: str) -> tuple[date, Hold]:
    for day, hold in held:
        if hold.figure == name:
            return day, hold
    names = ", ".join(hold.figure for _, hold in held)
    raise MandjeError(
        "nothing of this name is held",
        found=name,
        expected=f"one of {names}" if names else "a hold, and there is none",
        next_step="`mandje publish SHOP --check` lists what the gate holds",
    )


def _next_step(chosen: list[tuple[date, Hold]]) -> str:
    if any(hold.figure.startswith("gone:") for _, hold in chosen):
        return f"`mandje night SHOP --date {chosen[0][0]}`"
    return "`mandje publish SHOP`; `--check` tells what is still held"
