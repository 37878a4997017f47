"""What a page of the documentation holds: blocks to run or not to run, commands, links and anchors."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

RUN = ("console", "sql", "python", "toml")
PLAIN = ("", "csv", "json", "mermaid", "text")
_FENCE = re.compile(r"^ *(`{3,}|~{3,})(\S*)\s*$")
_NOT_RUN = re.compile(r"^ *<!-- not run: \S.*-->$")
_BY_CI = "<!-- run by .ci/run -->"
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")


@dataclass(frozen=True)
class Block:
    """A fenced block, its kind, and the line before it that says whether it is run."""

    page: Path
    line: int
    kind: str
    text: str
    before: str

    @property
    def place(self) -> str:
        return f"{self.page.name}:{self.line}"

    @property
    def is_not_run(self) -> bool:
        return bool(_NOT_RUN.match(self.before))

    @property
    def is_run_by_ci(self) -> bool:
        return self.before.strip() == _BY_CI


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page, indented ones too."""
    found, lines, number = [], page.read_text(encoding="utf-8").splitlines(), 0
    while number < len(lines):
        if fence := _FENCE.match(lines[number]):
            end = _end(lines, number, fence[1])
            indent = len(lines[number]) - len(lines[number].lstrip())
            text = "".join(f"{line[indent:]}\n" for line in lines[number + 1 : end])
            before = lines[number - 1] if number else ""
            found.append(Block(page, number + 1, fence[2], text, before))
            number = end
        number += 1
    return found


def _end(lines: list[str], begin: int, fence: str) -> int:
    ends = (number for number in range(begin + 1, len(lines)) if lines[number].strip() == fence)
    return next(ends, len(lines))


def faults_of_marks(block: Block, by_ci: set[str]) -> Iterator[str]:
    """What is wrong with how a block says whether it is run."""
    if block.kind not in (*RUN, *PLAIN):
        yield f"{block.place}: a block of kind {block.kind} is not known; commands are console"
    if block.is_run_by_ci:
        for command in commands(block.text):
            if command.text not in by_ci:
                yield f"{block.place}: .ci/run does not run `{command.text}`"
    elif "not run" in block.before and not block.is_not_run:
        yield f"{block.place}: write `<!-- not run: reason -->`"


@dataclass(frozen=True)
class Command:
    """A command as a person types it; a comment may name the exit code that it ends with."""

    text: str
    exit_code: int


def commands(text: str) -> list[Command]:
    """The commands of a console block; a text in quotes, or a backslash, goes on in the next line."""
    found, open_lines = [], ""
    for line in text.splitlines():
        open_lines += line + "\n"
        if not line.endswith("\\") and _words(open_lines) is not None:
            if command := _command(open_lines):
                found.append(command)
            open_lines = ""
    if open_lines.strip():
        raise ValueError(f"a quote is never closed: {open_lines.strip()}")
    return found


def _command(text: str) -> Command | None:
    words = re.split(r"(?:^|\s)#\s", text, maxsplit=1)
    told = re.search(r"exit code (\d)", words[1]) if len(words) > 1 else None
    plain = words[0].replace("\\\n", " ").strip()
    return Command(plain, int(told[1]) if told else 0) if plain else None


def _words(text: str) -> list[str] | None:
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return None


def mandje_words(command: str) -> list[str] | None:
    """The words after `mandje` where a command is one, with SHOP as the built demo."""
    words = shlex.split(command)
    if not words or Path(words[0]).name != "mandje":
        return None
    return [re.sub(r"^SHOP(?=$|/)", "data/demo", word) for word in words[1:]]


def merged(base: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """Settings of which a part says some otherwise."""
    both = {
        name: merged(base[name], value)
        for name, value in part.items()
        if isinstance(value, dict) and isinstance(base.get(name), dict)
    }
    return base | part | both


def dead_links(page: Path) -> Iterator[str]:
    """Relative links and anchors that lead nowhere."""
    for target in _LINK.findall(_prose(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / unquote(path)) if path else page
        if not there.exists():
            yield f"{page.name}: {target} is not there"
        elif anchor and there.suffix == ".md" and anchor not in anchors(there):
            yield f"{page.name}: {target} has no such heading"


def anchors(page: Path) -> set[str]:
    """What a link can name in a page: its headings as GitHub writes them."""
    found: set[str] = set(re.findall(r'<a (?:id|name)="([^"]+)"', page.read_text(encoding="utf-8")))
    for heading in headings(page):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        taken = sum(1 for one in found if re.fullmatch(rf"{re.escape(slug)}(-\d+)?", one))
        found.add(f"{slug}-{taken}" if taken else slug)
    return found


def headings(page: Path) -> list[str]:
    """The texts of a page's headings."""
    return re.findall(r"^#{1,6} +(.+?) *$", _outside_fences(page.read_text(encoding="utf-8")), re.MULTILINE)


def _prose(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", _outside_fences(text))


def _outside_fences(text: str) -> str:
    return re.sub(r"^ *(`{3,}|~{3,}).*?^ *\1 *$", "", text, flags=re.MULTILINE | re.DOTALL)
