"""The command `experiment`: what may be said of each experiment, and who gets which variant."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from mandje.cli.app import ShopFolder, app
from mandje.cli.screens.frames import Format, FormatOption, show
from mandje.cli.screens.terminal import console
from mandje.errors import MandjeError
from mandje.experiments.assignment import assign
from mandje.experiments.kept_plans import keep_plan
from mandje.experiments.results import kept_results, results_frame
from mandje.shop.experiments import Experiment
from mandje.shop.settings import Shop, load_shop
from mandje.system.csv_cells import RUNS


@app.command()
def experiment(
    folder: ShopFolder,
    experiment_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="One experiment of shop.toml; default: all.")
    ] = None,
    units: Annotated[
        Path | None,
        typer.Option(
            "--assign",
            metavar="FILE",
            help="Give each id of this file, one a line, its variant: rows of the feed "
            "experiment_assignments, as CSV, on the screen.",
        ),
    ] = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Tell what may be said of experiments since the last night, or assign units to variants.

    An experiment is planned in shop.toml, [experiments.<id>]. Once units are assigned, its plan stays.
    """
    shop = load_shop(folder)
    if units is not None:
        _assign(shop, experiment_id, units)
        return
    rows = [row for row in kept_results(shop) if experiment_id in (None, row["experiment_id"])]
    newest = max((row["as_of_date"] for row in rows), default=None)
    found = [row for row in rows if row["as_of_date"] == newest]
    if experiment_id is not None:
        _plan(shop, experiment_id)
    if format_ is not Format.TABLE:
        show(results_frame(found), format_)
        return
    if not found:
        console.print(
            "nothing was read yet: a night reads experiments that shop.toml plans and that have units"
        )
    for row in found:
        console.print(_line(row), markup=False, highlight=False)


def _line(row: dict[str, object]) -> str:
    told = f"{row['as_of_date']} {row['experiment_id']}, {row['metric']}, {row['variant']}: {row['verdict']}"
    units = f"{row['unit_count']:,} units beside {row['control_unit_count']:,} of {row['control']}"
    if row.get("difference") is None:
        return f"{told} ({row['reason'] or units})"
    low, high = (f"{row[name]:.4g}" for name in ("always_low", "always_high"))
    return f"{told} (difference {row['difference']:.4g}, 95 % from {low} to {high}; {units})"


def _plan(shop: Shop, experiment_id: str) -> Experiment:
    plans = shop.settings.experiments
    if experiment_id not in plans:
        raise MandjeError(
            "this experiment has no plan",
            file=str(shop.folder / "shop.toml"),
            found=experiment_id,
            expected=f"one of {', '.join(plans)}" if plans else "a section [experiments.<id>]",
            next_step="write its plan into shop.toml before it begins: docs/how-to/experiments.md",
        )
    return plans[experiment_id]


def _assign(shop: Shop, experiment_id: str | None, file: Path) -> None:
    if experiment_id is None:
        raise MandjeError(
            "of which experiment?",
            found="--assign without ID",
            next_step="`mandje experiment SHOP ID --assign FILE`",
        )
    plan, ids = _plan(shop, experiment_id), _ids(file)
    changed = keep_plan(shop, experiment_id, plan, None)
    if changed:
        raise MandjeError(
            "the plan was changed after the experiment began",
            file=str(shop.folder / "shop.toml"),
            found=changed,
            expected="the plan as it was; participation may be raised",
            next_step="write it back, or begin an experiment of another id",
        )
    shares = {name: float(share) for name, share in plan.shares.items()}
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    rows = pl.DataFrame(
        {
            "experiment_id": pl.repeat(experiment_id, len(ids), eager=True),
            "unit_id": ids,
            "variant": assign(experiment_id, ids, shares, float(plan.participation)),
            "assigned_at": pl.repeat(now, len(ids), eager=True),
        }
    )
    show(rows.filter(pl.col("variant").is_not_null()), Format.CSV)


def _ids(file: Path) -> pl.Series:
    """The ids of a file, each once, in its order."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise MandjeError(
            "the file of ids cannot be read",
            file=str(file),
            found=str(fault),
            expected="a text file (UTF-8) with one id a line",
        ) from None
    ids = pl.Series("unit_id", lines, dtype=pl.String).str.strip_chars()
    ids = ids.filter(ids != "").unique(maintain_order=True)
    odd = ids.filter(ids.str.contains(RUNS) | ids.str.contains(r"[,;\t\"]"))
    if ids.is_empty() or len(odd):
        raise MandjeError(
            "the file does not hold one id a line",
            file=str(file),
            found=repr(odd[0]) if len(odd) else "no ids",
            expected="one id a line, without separators or quotes, and none that a spreadsheet would run",
            next_step="write a file with the ids alone",
        )
    return ids
