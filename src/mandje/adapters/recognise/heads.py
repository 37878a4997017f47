"""The first record of a file and the names in it, whatever the file is called; of a broken one, nothing.

Only the beginning of a file is read. Names are for comparing with names that are known: a first line may hold
anything, an address too, so they are never shown.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zlib
from codecs import BOM_UTF8
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

# A first object may be long (an order with all its lines), a header is not.
MOST_BYTES = 4 * 2**20
MOST_HEADER_CHARACTERS = 2**18
# A list of nothing is short, whatever blanks are in it.
MOST_EMPTY_BYTES = 2**12
# Reports have lines before their header.
MOST_LINES_BEFORE = 25
MOST_BROKEN_OBJECTS = 5
SEPARATORS = (",", ";", "\t", "|")
# A name with a currency in brackets.
TELLING_NAME = re.compile(r"(.*\S) ?\(([A-Z]{3})\)")
_GZIP, _PARQUET, _UTF_16 = b"\x1f\x8b", b"PAR1", (b"\xff\xfe", b"\xfe\xff")

# Snowplow's events have no header: what their first seven fields are, and what tells that they are.
_SNOWPLOW = (
    "app_id",
    "platform",
    "etl_tstamp",
    "collector_tstamp",
    "dvce_created_tstamp",
    "event",
    "event_id",
)
_SNOWPLOW_EVENTS = {"page_view", "page_ping", "struct", "unstruct", "transaction", "transaction_item"}
_LEAST_SNOWPLOW_FIELDS = 120
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Head:
    """The names of a first record: of a header, of an object's keys, or of the columns of a Parquet file.

    `values` are the texts of an object by key; `is_list`: the objects stand in one list; `page`: or in the
    list of this name in another object. Of a csv: `separator`, lines before the header, `encoding`.
    """

    form: Literal["csv", "json", "parquet"]
    names: frozenset[str] = field(repr=False)
    values: dict[str, str] = field(default_factory=dict, repr=False)
    separator: str = ","
    lines_before: int = 0
    encoding: str = "utf-8"
    is_packed: bool = False
    is_list: bool = False
    page: str = ""

    @property
    def bare_names(self) -> frozenset[str]:
        """Names that tell a currency, without it: `Amount spent` for `Amount spent (EUR)`."""
        return frozenset(found[1] for name in self.names if (found := TELLING_NAME.fullmatch(name)))


def heads_of(path: Path) -> list[Head]:
    """What the first record of a file may be, the likeliest reading first; none of what cannot be read.

    A csv gives one for each of its first lines and each separator: which of them is the header is known by
    the names in it.
    """
    try:
        if not path.is_file():
            return []
        with path.open("rb") as stream:
            packed = stream.read(MOST_BYTES)
        if packed.startswith(_PARQUET):
            return [Head("parquet", frozenset(pq.read_schema(path).names))]
    except (OSError, ValueError, pa.ArrowException):
        return []
    is_packed = packed.startswith(_GZIP)
    content = _unpacked(packed) if is_packed else packed
    encoding = "utf-16" if content.startswith(_UTF_16) else "utf-8"
    text = content.decode("utf-16" if encoding == "utf-16" else "utf-8-sig", "replace")
    if (begin := text.lstrip()[:1]) in {"{", "["}:
        first = islice(_objects(text), 1)
        heads = [head for one in first for head in _of_object(one, is_list=begin == "[")]
    else:
        heads = list(_headers(text[:MOST_HEADER_CHARACTERS], encoding))
    return [replace(head, is_packed=is_packed) for head in heads]


def is_empty_list(path: Path, pages: Collection[str] = ()) -> bool:
    """Whether a file that can be read is a JSON list of nothing, `[]`, or a page with such a list."""
    with path.open("rb") as stream:
        packed = stream.read(MOST_EMPTY_BYTES)
    content = _unpacked(packed) if packed.startswith(_GZIP) else packed
    if b"".join(content.removeprefix(BOM_UTF8).split()) == b"[]":
        return True
    first = next(_objects(content.decode("utf-8-sig", "replace")), {})
    return any(first.get(page) == [] for page in pages if page)


def _unpacked(packed: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(packed, MOST_BYTES)
    except zlib.error:
        return b""


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The first object of a list, or of lines of which some may be broken."""
    start = text.lstrip()
    starts = [start[1:].lstrip()] if start.startswith("[") else [start]
    lines = [line for line in islice(io.StringIO(start), MOST_BROKEN_OBJECTS) if line.startswith("{")]
    for one in [*starts, *lines]:
        try:
            found, _ = json.JSONDecoder().raw_decode(one)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            yield found


def _of_object(one: dict[str, Any], *, is_list: bool) -> Iterator[Head]:
    """The object itself, and, as it may be a page, the first object of each list in it."""
    yield Head("json", frozenset(one), _texts(one), is_list=is_list)
    for name, value in one.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield Head("json", frozenset(value[0]), _texts(value[0]), page=name)


def _texts(found: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in found.items() if isinstance(value, str)}


def _headers(text: str, encoding: str) -> Iterator[Head]:
    for separator in SEPARATORS:
        for fields, lines_before in _first_lines(text, separator):
            names = _snowplow(fields) if separator == "\t" else None
            names = names or frozenset(name for each in fields if (name := each.strip()))
            if len(names) > 1:
                yield Head("csv", names, {}, separator, lines_before, encoding)


def _first_lines(text: str, separator: str) -> Iterator[tuple[list[str], int]]:
    """Fields of the first lines, and how many lines stand before each."""
    reader, lines_before = csv.reader(io.StringIO(text), delimiter=separator), 0
    try:
        for fields in islice(reader, MOST_LINES_BEFORE):
            yield fields, lines_before
            lines_before = reader.line_num
    except csv.Error:
        return


def _snowplow(fields: list[str]) -> frozenset[str] | None:
    is_event = (
        len(fields) >= _LEAST_SNOWPLOW_FIELDS
        and fields[len(_SNOWPLOW) - 2] in _SNOWPLOW_EVENTS
        and _UUID.fullmatch(fields[len(_SNOWPLOW) - 1])
    )
    return frozenset(_SNOWPLOW) if is_event else None
