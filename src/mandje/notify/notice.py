"""A notice: one cause, told once, in the words of one place.

It goes where ids may not. It counts and names checks, and says nothing of single rows; what was found in a
delivery stays in the log.
"""

from __future__ import annotations

import html
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mandje.errors import ExitCode
from mandje.notify.standing import shown_as_of

_LONGEST_TITLE, _LONGEST_FACT = 120, 600
_MOST_REASONS = 10
# What a night finds before it reads a row: names of files, days, settings, the machine.
_BEFORE_ROWS = (None, "discover")
_HOW = {ExitCode.GATE_CLOSED: "is held at the gate", ExitCode.WAITING: "stopped for lack of a delivery"}


@dataclass(frozen=True, slots=True)
class Notice:
    """One cause: `title` says it in a line, `facts` are pairs of what and text, in the order to read."""

    shop: str
    title: str
    facts: tuple[tuple[str, str], ...]

    @property
    def subject(self) -> str:
        """The line that a list of mails shows."""
        return f"[mandje] {self.shop}: {self.title}"

    @property
    def text(self) -> str:
        """All of it as plain text."""
        lines = [f"{f'{what}:':<10}{said}" for what, said in self.facts]
        return "\n".join([f"{self.shop}: {self.title}", "", *lines, ""])

    @property
    def page(self) -> str:
        """The text as HTML, for senders that know nothing else."""
        return f'<pre style="white-space: pre-wrap">{html.escape(self.text)}</pre>'

    @property
    def payload(self) -> dict[str, str]:
        """What a webhook of Slack's shape takes; nothing in it is a mention or a link of Slack's own."""
        lines = [f"*{self.shop}: {self.title}*", *(f"*{what}*: {said}" for what, said in self.facts)]
        return {"text": html.escape("\n".join(lines), quote=False)}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a notice comes from: a shop, and where the run can be looked at, if anywhere."""

    shop: str
    folder: Path
    link: str | None = None

    def notice(self, title: str, facts: Iterable[tuple[str, str | None]]) -> Notice:
        """A notice with the facts that are known, each on one clean line."""
        known = [(what, clean(said)) for what, said in (*facts, ("log", self.link)) if said]
        return Notice(clean(self.shop), clean(title, _LONGEST_TITLE), tuple(known))

    def command(self, words: str) -> str:
        """`SHOP` in a command becomes this shop's folder."""
        return re.sub(r"\bSHOP\b", lambda _: shlex.quote(str(self.folder)), words)


def clean(text: str, longest: int = _LONGEST_FACT) -> str:
    """A text on one line, without anything that is no character to read: it may end up in a header."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def fault_lines(fault: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What / file / found / expected / waited / next of a fault as its task tells it, as far as known."""
    yield "what", str(fault.get("message") or fault["line"])
    names = {
        "file": "file",
        "found": "found",
        "expected": "expected",
        "waited": "waited",
        "next": "next_step",
    }
    yield from ((what, str(fault[name])) for what, name in names.items() if fault.get(name))


def stopped(
    place: Place, night: str | None, stage: str | None, fault: Mapping[str, Any] | None, again: str
) -> Notice:
    """A stage failed, or the night before its first (None); `fault` is None where it ended without a word.

    `again` is what to do after mending. A held gate and a delivery that did not come have their own words.
    """
    told = dict(fault or _without_a_word())
    if "message" not in told:  # an older Mandje tells one line, which may quote a delivery
        told |= {"message": "the stage stopped; its log says why", "next_step": "read the log of the task"}
    how = _HOW.get(
        told.get("exit_code", ExitCode.USER_ERROR), f"stopped in {stage}" if stage else "did not begin"
    )
    title = f"night {night or '(unknown)'} {how}"
    facts = [(what, said) for what, said in fault_lines(told) if what != "found" or stage in _BEFORE_ROWS]
    reasons = [("reason", reason) for reason in told.get("reasons", ())[:_MOST_REASONS]]
    at = next((number for number, (what, _) in enumerate(facts) if what == "next"), len(facts))
    facts[at:at] = reasons
    return place.notice(
        title,
        [
            *((what, place.command(said)) for what, said in facts),
            ("then", place.command(again)),
            ("readers", readers(place.folder)),
        ],
    )


def _without_a_word() -> dict[str, str]:
    return {
        "message": "it ended without a word: it was killed, ran out of time, or could not start",
        "next_step": "its log tells more; `mandje doctor SHOP` looks at the machine",
    }


def late(place: Place, night: str, *, has_begun: bool, hours: int) -> Notice:
    """A scheduled night is not published `hours` hours after it was due to begin."""
    title = f"night {night} has {'not ended' if has_begun else 'not begun'} {hours} h after its time"
    what = (
        "a task runs for longer than it should, or waits for a slot or a delivery"
        if has_begun
        else "nothing starts its tasks: look at the scheduler, its slots and pools"
    )
    step = "look at the run; `mandje status SHOP` says how far it is"
    return place.notice(
        title, [("what", what), ("next", place.command(step)), ("readers", readers(place.folder))]
    )


def published(
    place: Place, night: str, mended: Sequence[str], new_warnings: Sequence[tuple[str, int | None]]
) -> Notice | None:
    """A night is published: what it makes good, which checks newly fail; None where there is neither."""
    if not mended and not new_warnings:
        return None
    count = len(new_warnings)
    warns = f"{count} new warning{'' if count == 1 else 's'}" if count else ""
    title = f"night {night} is published" + (", mended" if mended else "") + (f": {warns}" if warns else "")
    names = [name + ("" if rows is None else f" ({rows:,})") for name, rows in new_warnings]
    return place.notice(
        title,
        [
            ("mended", f"stopped before: {', '.join(mended)}" if mended else None),
            ("warnings", ", ".join(names)),
            ("next", place.command("`mandje warnings SHOP` lists them, with rows") if names else None),
            ("readers", readers(place.folder)),
        ],
    )


def readers(folder: Path) -> str:
    """Which snapshot stands, as `published/current.json` says it."""
    shown = shown_as_of(folder)
    return f"see the snapshot of {shown}" if shown else "see nothing yet: no snapshot stands"
