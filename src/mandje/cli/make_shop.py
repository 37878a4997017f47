"""Commands that make a shop: init, prepare, simulate."""

from __future__ import annotations

import resource
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from mandje.cli.app import ShopFolder, app
from mandje.cli.screens.terminal import console, near, progress_bar, reporter, typed, wrapped
from mandje.errors import MandjeError
from mandje.shop.settings import Shop, load_shop
from mandje.simulate.settings import FILE, SimulationSettings, read_settings
from mandje.simulate.shop_files import SHOP_FILE, checked, make_shop
from mandje.simulate.truth_files import SUMMARY, TRUTH
from mandje.simulate.world.sites import SITES


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder for the shop.")],
    more: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="Further files after --from FILE.")
    ] = None,
    from_: Annotated[
        list[Path] | None,
        typer.Option(
            "--from", metavar="FILE", help="An export that the shop shall read, or a folder of them."
        ),
    ] = None,
) -> None:
    """Make a new shop: a commented shop.toml and empty example files for every feed.

    With --from, the shop reads these files: settings follow from what they tell, and copies of them lie in
    exports/, so that `mandje night FOLDER` can come next.
    """
    from mandje.starter import init_shop

    if from_:
        _init_from(folder, [*from_, *(more or ())])
        return
    if more:
        raise typer.BadParameter("files go with --from")
    init_shop(folder)
    console.print(f"A shop stands in {folder}. Next: read {folder / 'shop.toml'}, drop files into")
    console.print(f"{folder / 'exports'}/<source>/<YYYY-MM-DD>/, and ask `mandje check {folder}`.")
    console.print(f"If they would do: `mandje night {folder}`.")


def _init_from(folder: Path, paths: list[Path]) -> None:
    """Make a shop of files, and say what was done and what is to be checked."""
    from mandje.cli.screens.new_shop import new_shop_lines
    from mandje.from_files.make import shop_from_files

    for line in new_shop_lines(folder, shop_from_files(folder, paths)):
        for part in wrapped(line):
            console.print(part, markup=False, highlight=False)


@app.command()
def prepare(folder: ShopFolder) -> None:
    """Make a sample shop's exports from its shipped source, day by day; the second time, do nothing."""
    _prepare(load_shop(folder))


def make_exports(shop: Shop) -> None:
    """Of a sample shop from its shipped input, of a simulated shop from its settings; of another, nothing."""
    from mandje.prepare import has_source

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


@app.command()
def simulate(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="A simulated shop's folder, or a new one.")
    ] = Path("data/simulated"),
    customers: Annotated[int | None, typer.Option(help="Customers who buy; default 5,000.")] = None,
    days: Annotated[int | None, typer.Option(help="Days of deliveries; default 730.")] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed, another shop; default 1.")] = None,
) -> None:
    """Make up a shop whose truth is known.

    Exports of every feed, broken on purpose in known numbers, and beside them truth/. The folder's
    simulation.toml holds every setting, among them how many of each defect are planted.
    """
    given = {"seed": seed, "customers": customers, "days": days}
    options = {name: value for name, value in given.items() if value is not None}
    try:
        _prepare_folder(folder, options)
    except OSError as fault:
        raise MandjeError(
            f"{folder} cannot be made",
            file=str(folder),
            found=fault.strerror,
            next_step="name a folder that is there, or that can be made, and that you may write in",
        ) from None
    simulate_shop(folder)
    console.print(f"  next: `make run SHOP={typed(folder)}`, then `mandje truth {typed(folder)}`")


def _prepare_folder(folder: Path, options: dict[str, int]) -> None:
    """Give the folder its two files, or refuse it as it is: whatever is refused is refused first."""
    from mandje.simulate.run import check

    is_simulated = (folder / FILE).is_file()
    settings = read_settings(folder) if is_simulated else checked(options)
    if is_simulated:
        _refuse_other(settings, options, folder)
    _refuse_future(settings)
    if is_simulated or not (folder / SHOP_FILE).is_file():  # a shop of another kind: make_shop says so
        check(folder, settings)
    make_shop(folder, options)


def simulate_shop(folder: Path) -> None:
    """Simulate a folder that has its settings, and say what was made."""
    from mandje.simulate.run import simulate

    began = time.perf_counter()
    _refuse_future(read_settings(folder))
    console.print(f"== Simulated shop {folder.name}")
    with progress_bar() as progress:
        task = progress.add_task("simulate", total=None)
        simulated = simulate(folder, reporter(progress, task, "simulate:"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    spent = f"; {time.perf_counter() - began:.0f} s, peak memory {peak:.2f} GiB" if simulated.is_new else ""
    console.print(f"  {simulated}{spent}; truth: {near(folder / TRUTH / SUMMARY)}")


def _refuse_other(settings: SimulationSettings, options: dict[str, int], folder: Path) -> None:
    others = {name: value for name, value in options.items() if getattr(settings, name) != value}
    if others:
        raise MandjeError(
            f"{folder} has other settings",
            file=str(folder / FILE),
            found=", ".join(f"--{name} {value}" for name, value in others.items()),
            expected=", ".join(f"{name} = {getattr(settings, name)}" for name in others),
            next_step=f"edit {FILE}, or name a new folder",
        )


def _refuse_future(settings: SimulationSettings) -> None:
    """The nights of a day that is not over could not be run."""
    today = datetime.now(ZoneInfo(SITES[0].time_zone)).date()
    left = settings.days - (today - settings.first_day).days
    if left > 0:
        raise MandjeError(
            f"the simulated days end {left} days too late: the last is not over yet",
            found=f"{settings.days} days from {settings.first_day}",
            next_step=f"lower days, or set an earlier first_day in {FILE}",
        )
