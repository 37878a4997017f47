"""The command line: `mandje COMMAND SHOP`, where SHOP is the shop's folder."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.text import Text

from mandje.cli import look, mend, work
from mandje.cli.app import app
from mandje.errors import ExitCode, MandjeError

__all__ = ["app", "look", "main", "mend", "work"]


def main() -> None:
    """Run a command; a user's mistake ends in one clear line and a documented exit code."""
    try:
        app()
    except MandjeError as error:
        Console(stderr=True, soft_wrap=True).print(Text(f"mandje: {error}", style="red"))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        Console(stderr=True).print("mandje: stopped by you; run the same command again to go on")
        sys.exit(ExitCode.USER_ERROR)
