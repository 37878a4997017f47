"""What commands share when they talk to a person: console, progress bar, short paths."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

console = Console(soft_wrap=True)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A bar that is gone when its block ends."""
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield progress


def reporter(progress: Progress, task: TaskID, label: str) -> Callable[[str, int, int], None]:
    """A function for library code: what is done, how much of it, how much there is."""

    def report(what: str, done: int, total: int) -> None:
        progress.update(task, description=f"{label} {what}", completed=done, total=total)

    return report


def near(path: Path) -> str:
    """A path as a person here would type it."""
    here, there = Path.cwd(), path.absolute()
    return str(there.relative_to(here)) if there.is_relative_to(here) else str(there)


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
