"""The records of CSV bytes by RFC 4180: where each begins, how many fields it has, and which are malformed.

Quoted fields may hold separators, doubled quotes and line ends. A quote anywhere else makes its line
malformed; reading goes on with the next line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np

from mandje.ingest.read.byte_slices import (
    NEWLINE,
    QUOTE,
    RETURN,
    Bytes,
    Mask,
    Places,
    as_array,
    inside,
    merged,
    outside,
    places_of,
    undecodable,
)
from mandje.ingest.read.text_rows import MOST_MALFORMED

# A quoted field longer than this counts as a quote that nobody closed.
MOST_OPEN_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Patterns:
    """What text with a separator looks like.

    `record`: one record; `sound`: as many sound ones as there are; `open_record`: one whose last field opens
    a quote that nothing closes.
    """

    record: re.Pattern[bytes]
    sound: re.Pattern[bytes]
    open_record: re.Pattern[bytes]


@cache
def patterns(separator: bytes) -> Patterns:
    """The patterns of text whose fields are divided by this byte."""
    mark = re.escape(separator)
    field = rb'(?>"(?:[^"]|"")*+"|[^"' + mark + rb"\n]*+)"
    fields = field + rb"(?:" + mark + field + rb")*+"
    return Patterns(
        record=re.compile(fields + rb"\r?(?:\n|\Z)"),
        sound=re.compile(rb"(?:" + fields + rb"\r?\n)++"),
        open_record=re.compile(rb"(?:" + field + mark + rb')*+"(?:[^"]|"")*+\Z'),
    )


@dataclass(frozen=True, slots=True)
class Records:
    """Records of some bytes: first and past-the-last byte with line end, physical line from 0, fields.

    `fault` holds 0 for a sound record, else 1 + the index of its rule in FAULTS.
    """

    starts: Places
    ends: Places
    lines: Places
    field_counts: Places
    faults: Places


class MostlyMalformed(Exception):  # noqa: N818 - it says what is the case
    """More than half of the lines of a large block have quotes in wrong places."""


FAULTS = ("quoting", "encoding", "field_count")
_RAGGED = 1 + FAULTS.index("field_count")
MOST_FOOTER_LINES = 5
_COPYRIGHT = re.compile(r'"?(?:©|\(c\)|copyright)'.encode(), re.IGNORECASE)


def cut_records(data: bytes, separator: bytes) -> int:
    """How many bytes are whole records."""
    last_line = data.rfind(b"\n") + 1
    if b'"' not in data:
        return last_line
    array = as_array(data)
    ends = outside(places_of(array, NEWLINE), places_of(array, QUOTE))
    end = int(ends[-1]) + 1 if ends.size else 0
    if not is_well_quoted(array[:end], separator):
        end = _malformed(data, separator, is_open_allowed=True)[1]
    return end or (last_line if len(data) > MOST_OPEN_BYTES else 0)


def is_well_quoted(array: Bytes, separator: bytes) -> bool:
    """True if every quote opens or closes a field, or is doubled inside one."""
    quotes = places_of(array, QUOTE)
    if quotes.size % 2:
        return False
    opens, closes = quotes[0::2], quotes[1::2]
    before = array[opens[opens > 0] - 1]
    after = array[closes[closes < array.size - 1] + 1]
    returns = closes[closes < array.size - 2]
    returns = returns[array[returns + 1] == RETURN]
    marks = (separator[0], NEWLINE, QUOTE)
    return bool(
        np.isin(before, marks).all()
        and np.isin(after, (*marks, RETURN)).all()
        and (array[returns + 2] == NEWLINE).all()
    )


def find_records(data: bytes, width: int, separator: bytes) -> Records:
    """All records of whole records' bytes; blank lines are none. A sound one has `width` fields."""
    array = as_array(data)
    quotes, newlines, marks = (places_of(array, byte) for byte in (QUOTE, NEWLINE, separator[0]))
    is_sound = not quotes.size or is_well_quoted(array, separator)
    misquoted = [] if is_sound else _malformed(data, separator, is_open_allowed=False)[0]
    spans = np.asarray(misquoted, dtype=np.int64).reshape(-1, 2)
    if spans.size:
        within = inside(spans[:, 0], spans[:, 1], array.size)
        quotes, marks = quotes[~within[quotes]], marks[~within[marks]]
    ends = merged(outside(newlines, quotes) + 1, spans[:, 1], np.array([array.size]))
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1]])
    marks = outside(marks, quotes)
    counts = np.searchsorted(marks, ends) - np.searchsorted(marks, starts) + 1
    faults = _faults(starts, spans[:, 0], undecodable(data), counts != width)
    has_content = ~_is_blank(array, starts, ends)
    parts = (starts, ends, np.searchsorted(newlines, starts), counts, faults)
    return Records(*(part[has_content] for part in parts))


def without_footer(records: Records, data: bytes) -> Records:
    """The records without the footer that a report may end with: no row, and no fault.

    These are its last lines, at most MOST_FOOTER_LINES of one field each, after a blank line or from a
    copyright on. A row that was cut off is none.
    """
    is_lone = (records.field_counts == 1) & (records.faults == _RAGGED)
    count = int(np.logical_and.accumulate(is_lone[::-1])[:MOST_FOOTER_LINES].sum())
    last = records.starts.size
    for at in range(last - count, last):
        is_apart = at > 0 and records.starts[at] > records.ends[at - 1]
        if is_apart or _COPYRIGHT.match(data, records.starts[at]):
            return Records(*(part[:at] for part in (getattr(records, name) for name in Records.__slots__)))
    return records


def _faults(starts: Places, misquoted: Places, undecoded: Places, is_ragged: Mask) -> Places:
    is_misquoted = np.isin(starts, misquoted)
    is_undecodable = np.zeros(starts.size, np.bool_)
    is_undecodable[np.searchsorted(starts, undecoded, side="right") - 1] = True
    return np.select([is_misquoted, is_undecodable, is_ragged], [1, 2, 3], 0)


def _is_blank(array: Bytes, starts: Places, ends: Places) -> Mask:
    first = np.isin(array[starts], (NEWLINE, RETURN))
    last = array[ends - 1] == NEWLINE
    sizes = ends - starts
    return np.asarray(first & ((sizes == 1) | (last & (sizes == 2))))  # noqa: PLR2004 - CR LF


def _malformed(data: bytes, separator: bytes, *, is_open_allowed: bool) -> tuple[list[tuple[int, int]], int]:
    """Malformed lines as (start, end), and where the whole records end; reads record by record.

    With `is_open_allowed`, a record whose quote is still open at the end is left for the next block.
    """
    forms = patterns(separator)
    spans: list[tuple[int, int]] = []
    at, sound_lines = 0, 0
    while at < len(data):
        if sound := forms.sound.match(data, at):
            sound_lines += data.count(b"\n", at, sound.end())
            at = sound.end()
            continue
        record = forms.record.match(data, at)
        if record is not None and not is_open_allowed:
            at = record.end()
        elif is_open_allowed and (record is not None or forms.open_record.match(data, at)):
            break
        else:
            end = data.find(b"\n", at) + 1 or len(data)
            spans.append((at, end))
            at = end
            if len(spans) >= MOST_MALFORMED and len(spans) > sound_lines:
                raise MostlyMalformed
    return spans, at
