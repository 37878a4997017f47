"""What commands share when they talk to a person: console, progress bar, short paths.

Nothing of what was delivered reaches a terminal as more than text: whatever would move the cursor, colour,
hide or turn around what stands there is replaced, and no bracket or colon in a name is markup.
"""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

# Control characters but tab and line feed, direction marks and overrides, marks without width, tags, and
# halves of characters. Joiners (U+200C, U+200D) belong to writing and stay.
UNSHOWN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
BREAKS = re.compile("[\t\n]")
REPLACEMENT = "\ufffd"


def shown(text: str) -> str:
    """A text of some lines as a terminal may show it."""
    return UNSHOWN.sub(REPLACEMENT, text)


def shown_cell(value: object) -> str:
    """A single value as a terminal may show it, on one line; nothing for an empty one."""
    return "" if value is None else BREAKS.sub(REPLACEMENT, shown(str(value)))


class _PlainConsole(Console):
    """Shows every text as it is: the one place where texts go to a terminal."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(soft_wrap=True, markup=False, emoji=False, stderr=stderr)

    def render_str(self, text: str, **how: Any) -> Text:  # noqa: ANN401  as rich names them
        return super().render_str(shown(text), **how)


console = _PlainConsole()


def complain(text: str) -> None:
    """One red line on stderr."""
    _PlainConsole(stderr=True).print(text, style="red", highlight=False)


def print_data(text: str) -> None:
    """Lines for programs, on stdout; a person may look at them too."""
    typer.echo(shown(text), nl=False)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A bar that is gone when its block ends."""
    described = TextColumn("  {task.description}", markup=False)
    columns = (described, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield progress


def reporter(progress: Progress, task: TaskID, label: str) -> Callable[[str, int, int], None]:
    """A function for library code: what is done, how much of it, how much there is."""

    def report(what: str, done: int, total: int) -> None:
        progress.update(task, description=shown(f"{label} {what}"), completed=done, total=total)

    return report


def near(path: Path) -> str:
    """A path as a person here would type it."""
    here, there = Path.cwd(), path.absolute()
    return str(there.relative_to(here)) if there.is_relative_to(here) else str(there)


def typed(path: Path) -> str:
    """A path as part of a command that a person can copy into a shell."""
    return shlex.quote(near(path))


def wrapped(text: str, at: int = 0, hang: int = 2) -> list[str]:
    """A sentence as lines of the terminal's width, `at` blanks from the left, further lines `hang` more.

    Words, paths and commands stay whole.
    """
    return textwrap.wrap(
        text,
        width=max(console.width, 40),
        initial_indent=" " * at,
        subsequent_indent=" " * (at + hang),
        break_long_words=False,
        break_on_hyphens=False,
    )
