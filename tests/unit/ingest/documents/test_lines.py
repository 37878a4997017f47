"""Lines of documents: numbered as in the file, cut at any size of block, none lost."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mandje.ingest.documents import lines as document_lines
from mandje.ingest.read import chunks
from mandje.ingest.read.formats import format_of
from mandje.ingest.read.text_rows import Refused
from mandje.ingest.read.unpacked import Unpacked
from parse_support import export_file


def found(path: Path, content: bytes) -> list[tuple[int, str]]:
    path.write_bytes(content)
    meter = Unpacked().meter(export_file(path, date(2026, 3, 1)))
    blocks = list(document_lines.document_lines(path, format_of(path), meter))
    assert sum(block.broken.height for block in blocks) == 0
    return [row for block in blocks for row in block.lines.select("line", "text").rows()]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n", " \t\n", "\n \n"])
@pytest.mark.parametrize("last", ["", "\n"])
def test_lines_have_their_numbers_however_they_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str, last: str
) -> None:
    monkeypatch.setattr(document_lines, "_BLOCK_ROWS", 7)
    monkeypatch.setattr(chunks, "LEAST_BLOCK_BYTES", 64)
    texts = [f'{{"no": {number}, "of": "{"x" * (number % 200)}"}}' for number in range(400)]
    step = end.count("\n")
    content = (end.join(texts) + last).encode()
    assert found(tmp_path / "a.jsonl", content) == [
        (1 + step * number, text) for number, text in enumerate(texts)
    ]


def test_short_lines_come_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_lines, "_BLOCK_ROWS", 100)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"{}\n" * 1000)
    meter = Unpacked().meter(export_file(path, date(2026, 3, 1)))
    heights = [block.lines.height for block in document_lines.document_lines(path, format_of(path), meter)]
    assert sum(heights) == 1000
    assert max(heights) <= 100


def test_a_line_longer_than_any_export_has_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_lines, "_BLOCK_ROWS", 1)
    monkeypatch.setattr(chunks, "MOST_ROW_BYTES", 10_000)
    with pytest.raises(Refused) as refused:
        found(tmp_path / "a.jsonl", b'{"a": 1}\n{"a": "' + b"x" * 20_000 + b'"}\n')
    assert refused.value.reason == "too_big"
