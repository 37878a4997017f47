"""What reaches a terminal is text: nothing moves the cursor, turns text around, or is taken for markup."""

from __future__ import annotations

import shlex
import sys
import unicodedata
from pathlib import Path

import polars as pl
import pytest
from rich.table import Table

from mandje.cli.look import Format, show
from mandje.cli.screens.terminal import complain, console, print_data, shown, shown_cell, typed
from mandje.ingest.exports.deliveries import shown as file_shown

HOSTILE = "[red]a:bug:\x1b[31m\x1b]0;title\x07b\x9b2Jc\u202ed\u2066e\u200bf\rg\x08h\u2028i\udcffj\U000e0041k"
UNWANTED = set("\x1b\x07\x9b\u202e\u2066\u200b\r\x08\u2028\udcff\U000e0041")


def test_all_controls_and_directions_are_replaced() -> None:
    every = [chr(point) for point in range(sys.maxunicode + 1)]
    left = {char for char in every if shown(char) == char}
    assert {char for char in left if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}} == {"\t", "\n"}
    directions = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI", "BN", "S", "B"}
    turning = {char for char in left if unicodedata.bidirectional(char) in directions}
    assert turning <= {"\t", "\n", "\u200c", "\u200d"} | set(map(chr, range(0x1BCA0, 0x1BCA4))) | set(
        map(chr, range(0x1D173, 0x1D17B))
    )
    assert shown_cell("a\tb\nc") == "a\ufffdb\ufffdc"
    assert [shown_cell(value) for value in (None, 1, "é漢👩\u200d🔧")] == ["", "1", "é漢👩\u200d🔧"]


def test_every_way_to_a_terminal_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("a")
    table.add_row(HOSTILE)
    frame = pl.DataFrame({HOSTILE.replace("\udcff", ""): [HOSTILE.replace("\udcff", "")]})
    console.print(HOSTILE)
    console.print(table)
    complain(HOSTILE)
    print_data(HOSTILE + "\n")
    for form in Format:
        show(frame, form)
    show(frame.select(pl.all(), pl.lit("x" * 500).alias("wide")), Format.TABLE)
    said = capsys.readouterr()
    for text in (said.out, said.err):
        assert not UNWANTED & set(text)
        assert "[red]a:bug:" in text


def test_a_path_in_a_command_is_what_a_shell_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "d'oro [a] $(b)"
    assert shlex.split(f"mandje warnings {typed(folder)} check") == [
        "mandje",
        "warnings",
        folder.name,
        "check",
    ]
    assert typed(tmp_path / "data/demo") == "data/demo"


def test_a_name_cannot_forge_a_line() -> None:
    assert (
        file_shown("a\nrefused: all\u202e\x1b[2J\udcff é.csv")
        == "a\\nrefused: all\\u202e\\x1b[2J\\udcff é.csv"
    )
