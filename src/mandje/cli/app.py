"""The command line's root: the app itself and the argument that every command has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXIT_CODES = """\
Exit codes: 0 all well; 1 a mistake that the message explains; 2 wrong usage; 3 the night stopped (a refused
or missing delivery, a full disk, another night at work); 4 the gate is closed and yesterday's snapshot stays;
5 accounts do not add up, or what is counted is not the truth of a simulated shop; 6 the night waits for a
delivery that is expected and not there.
"""

app = typer.Typer(
    help="Mandje turns a web shop's nightly exports into decisions by morning.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)

ShopFolder = Annotated[
    Path, typer.Argument(metavar="SHOP", help="The shop's folder, the one that holds shop.toml.")
]
