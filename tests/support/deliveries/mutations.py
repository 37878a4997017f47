"""Deliveries that were damaged or made with malice, each from a number alone, which always gives the same."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import Column

SOURCES = ("order_lines", "orders", "customers", "session_events", "exchange_rates")
FIRST_DAY = date(2010, 1, 1)
Rows = list[dict[str, str]]

NUMBERS = [
    *(
        "NaN",
        "inf",
        "-inf",
        "1e309",
        "1E-400",
        "-0",
        "+5",
        "0x1F",
        "1_000",
        "1,5",
        "1.5.5",
        "\u0663",
        "9" * 400,
    ),
    *("1.23457E+12", "70001.0", "9007199254740993.0", ".5", "5.", "1e", "--1", "1/2", "\u00bd"),
    *("99999999999999.9999", "\u066b5", "9" * 400),
]
TIMES = [
    *("0000-00-00", "2024-02-30T00:00:00Z", "9999-12-31T23:59:59Z", "10000-01-01", "-2024-01-01", "now"),
    *("2024-01-01T25:00:00Z", "2024-12-31T23:59:60Z", "2024-01-01T00:00:00+99:99", "01/02/2024", "1e10"),
    *("2024-01-01 00:00:00.123456789+00", "2024-W01-1", "2024-01-01T00:00:00Z" * 50, "1700000000"),
]
TEXTS = [
    *("", " ", "\t", "=1+1", "\x1b[31m", "\u202eabc", "\x00", "\\N", "null", "'; DROP TABLE x; --", "a\nb"),
    *("a\rb", '"', '""', "\u00e9" * 300, "\ud7ff", "\U0001f469\u200d\U0001f527", "x" * 70_000, "{{ x }}"),
    *("a@b.example", "[red]"),
]
PIECES = [
    *(
        b'"',
        b",",
        b"\n",
        b"\r",
        b"\0",
        b"\xff",
        b"\r\n",
        b'""',
        b"\\",
        b"{",
        b"}",
        b"PAR1",
        b"\x1f\x8b",
        b"[[",
    ),
    b"\xef\xbb\xbf",
]


@dataclass(frozen=True)
class Mutated:
    """A delivery: its source, its day, and its files by name."""

    number: int
    kind: str
    source: str
    day: date
    files: dict[str, bytes]


def mutated(number: int) -> Mutated:
    """The delivery of this number."""
    chance = random.Random(number)
    source = SOURCES[number % len(SOURCES)]
    day = FIRST_DAY + timedelta(days=number // len(SOURCES))
    kind = chance.choices(list(KINDS), [weight for weight, _ in KINDS.values()])[0]
    rows = _rows(chance, source, day)
    files = {}
    for place in range(chance.choice([1, 1, 1, 2])):
        name, data = KINDS[kind][1](chance, source, rows)
        files[f"{place}{name}"] = data
    return Mutated(number, kind, source, day, files)


def _rows(chance: random.Random, source: str, day: date) -> Rows:
    """Sound rows, but for a few values."""
    count = chance.choice([0, 1, 2, 5, 30, 60])
    table = FEEDS[source]
    rows = [{column.name: _value(column, number, day) for column in table.columns} for number in range(count)]
    for row in rows:
        if chance.random() < 0.02:
            row[chance.choice(list(row))] = chance.choice([*NUMBERS, *TIMES, *TEXTS])
    return rows


def _value(column: Column, number: int, day: date) -> str:
    if column.allowed:
        return column.allowed[number % len(column.allowed)]
    if column.pattern:
        return "EUR"
    if column.is_email:
        return f"p{number}@shop.example"
    return {
        "text": f"t{number}",
        "integer": str(number % 9 + 1),
        "decimal": f"{number % 90 + 1}.25",
        "rate": f"0.{number % 90 + 1:012}",
        "timestamp": f"{day}T10:00:{number % 60:02}Z",
        "date": str(day),
        "boolean": "true",
    }[column.type]


def _csv(rows: Rows, source: str, quoting: int = csv.QUOTE_MINIMAL, end: str = "\n") -> bytes:
    text = io.StringIO(newline="")
    names = list(rows[0]) if rows else list(FEEDS[source].names)
    writer = csv.DictWriter(text, names, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8", "surrogatepass")


def _jsonl(rows: Rows) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def _parquet(rows: Rows, source: str, **options: object) -> bytes:
    names = list(FEEDS[source].names)
    table = pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in names})
    return _written(table, **options)


def _written(table: pa.Table, **options: object) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file.getvalue()


def _any_file(chance: random.Random, source: str, rows: Rows) -> tuple[str, bytes]:
    name = chance.choice([".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet", ".CSV", ".Parquet"])
    if name.lower() == ".parquet":
        return name, _parquet(rows, source, compression=chance.choice(["snappy", "zstd", "none", "gzip"]))
    data = _jsonl(rows) if "jsonl" in name else _csv(rows, source)
    return name, gzip.compress(data, mtime=0) if name.endswith(".gz") else data


def _flipped(chance: random.Random, source: str, rows: Rows) -> tuple[str, bytes]:
    name, data = _any_file(chance, source, rows)
    bytes_ = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(bytes_) + 1)
        piece = chance.choice([chance.randbytes(chance.randint(1, 4)), chance.choice(PIECES), b"9" * 30])
        bytes_[at : at + chance.choice([0, 1, len(piece), 40])] = piece
    return name, bytes(bytes_)


def _truncated(chance: random.Random, source: str, rows: Rows) -> tuple[str, bytes]:
    name, data = _any_file(chance, source, rows)
    cut = data[: chance.randrange(len(data) + 1)]
    return name, cut + chance.choice([b"", b"", chance.randbytes(20), data[:30], bytes(8)])


def _columns(chance: random.Random, source: str, rows: Rows) -> tuple[str, bytes]:
    names = list(FEEDS[source].names)
    chance.shuffle(names)
    change = chance.choice(["none", "gone", "twice", "other", "blank", "cased"])
    rows = [{name: row[name] for name in names} for row in rows]
    data = _csv(rows, source)
    first, _, rest = data.partition(b"\n")
    words = first.split(b",")
    place = chance.randrange(len(words))
    words[place : place + 1] = {
        "none": [words[place]],
        "gone": [],
        "twice": [words[place], words[place]],
        "other": [chance.randbytes(5).hex().encode()],
        "blank": [b""],
        "cased": [words[place].upper()],
    }[change]
    return ".csv", b",".join(words) + b"\n" + rest


def _encoded(chance: random.Random, source: str, rows: Rows) -> tuple[str, bytes]:
    encodings = ["latin-1", "utf-16", "utf-16-le", "utf-8-sig", "cp1252", "utf-32", "utf-7", "cp037"]
    for row in rows[:3]:
        row["order_id" if "order_id" in row else next(iter(row))] = "Zoë €"
    text = _csv(rows, source).decode("utf-8", "surrogatepass")
    return ".csv", text.encode(chance.choice(encodings), "replace")


def _quoted(chance: random.Random, source: str, rows: Rows) -> tuple[str, bytes]:
    ends = chance.choice(["\n", "\r\n", "\r", "\n\n", "\n \n"])
    for row in rows:
        if chance.random() < 0.1:
            row[chance.choice(list(row))] = chance.choice(TEXTS)
    data = bytearray(_csv(rows, source, chance.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]), ends))
    for _ in range(chance.choice([0, 0, 1, 3, 30])):
        data.insert(chance.randrange(len(data) + 1), 34)
    return ".csv", bytes(data.rstrip(b"\r\n")) if chance.random() < 0.3 else bytes(data)


def _valued(chance: random.Random, source: str, rows: Rows) -> tuple[str, bytes]:
    for row in rows:
        if chance.random() < 0.3:
            row[chance.choice(list(row))] = chance.choice([*NUMBERS, *TIMES, *TEXTS])
    return _any_file(chance, source, rows)


def _json(chance: random.Random, source: str, rows: Rows) -> tuple[str, bytes]:
    lines = [json.dumps(row) for row in rows]
    deep = chance.choice([10, 1000, 100_000])
    first = next(iter(FEEDS[source].names))
    odd = [
        "[" * deep,
        '{"' + first + '":' + "[" * deep + "]" * deep + "}",
        '{"a":' * deep + "1" + "}" * deep,
        f'{{"{first}": "x", "{first}": "y"}}',
        f'{{"{first}": "\\ud800"}}',
        f'{{"{first}": "\\u0000"}}',
        f'{{"{first}": 1e999, }}',
        "null",
        "{}",
        "",
        f'{{"{first}": {"9" * 5000}}}',
        f'{{"{first}": true, "nobody": 1}}',
    ]
    for _ in range(chance.randint(1, 5)):
        lines.insert(chance.randrange(len(lines) + 1), chance.choice(odd))
    return ".jsonl", "\n".join(lines).encode()


def _typed(chance: random.Random, source: str, rows: Rows) -> tuple[str, bytes]:
    count = len(rows)
    zones = ["UTC", "+05:30", "Nowhere/X", ""]
    anything: list[Callable[[], pa.Array]] = [
        lambda: pa.array(range(count), pa.int8()),
        lambda: pa.array([2**64 - 1] * count, pa.uint64()),
        lambda: pa.array([float("nan")] * count, pa.float64()),
        lambda: pa.array([1.5] * count, pa.float32()),
        lambda: pa.array([Decimal("1.5")] * count, pa.decimal128(38, 20)),
        lambda: pa.array([Decimal("1.5")] * count, pa.decimal256(70, 2)),
        lambda: pa.array([[1]] * count, pa.list_(pa.int64())),
        lambda: pa.array([{"a": 1}] * count, pa.struct([("a", pa.int64())])),
        lambda: pa.array([[("a", 1)]] * count, pa.map_(pa.string(), pa.int64())),
        lambda: pa.array([1] * count, pa.time64("ns")),
        lambda: pa.array([1] * count, pa.duration("s")),
        lambda: pa.array([chance.randrange(-(2**62), 2**62) for _ in range(count)], pa.timestamp("ns")),
        lambda: pa.array([1_700_000_000_000_000] * count, pa.timestamp("us", chance.choice(zones))),
        lambda: pa.array([chance.randrange(-(2**31), 2**31) for _ in range(count)], pa.date32()),
        lambda: pa.array([86_400_000 * chance.randrange(-(2**30), 2**30) for _ in range(count)], pa.date64()),
        lambda: pa.array([chance.randbytes(3) for _ in range(count)], pa.binary(3)),
        lambda: pa.array([chance.randbytes(3) for _ in range(count)], pa.binary()),
        lambda: pa.array(["x"] * count, pa.large_string()),
        lambda: pa.array(["x"] * count, pa.string_view()),
        lambda: pa.array([f"c{n % 3}" for n in range(count)]).dictionary_encode(),
        lambda: pa.array([n % 3 for n in range(count)]).dictionary_encode(),
        lambda: pa.nulls(count),
        lambda: pa.array([True] * count),
        lambda: pa.array([None] * count, pa.string()),
    ]
    columns = {name: pa.array([row[name] for row in rows], pa.string()) for name in FEEDS[source].names}
    for name in chance.sample(list(columns), min(len(columns), chance.randint(1, 3))):
        columns[name] = chance.choice(anything)()
    options = {"row_group_size": chance.choice([1, 7, 1000]), "compression": "zstd"}
    return ".parquet", _written(pa.table(columns), **options)


def _packed(chance: random.Random, source: str, rows: Rows) -> tuple[str, bytes]:
    data = _csv(rows, source)
    half = len(data) // 2
    packed = gzip.compress(data, mtime=0)
    return ".csv.gz", chance.choice(
        [
            gzip.compress(data[:half], mtime=0) + gzip.compress(data[half:], mtime=0),
            packed + chance.randbytes(chance.randint(1, 60)),
            packed + bytes(100),
            packed[:4] + chance.randbytes(6) + packed[10:],
            packed[:-8] + chance.randbytes(8),
            gzip.compress(b"", mtime=0),
            gzip.compress(b"\n" * 1000, mtime=0),
            gzip.compress(packed, mtime=0),
            zlib.compress(data),
            b"\x1f\x8b",
        ]
    )


def _renamed(chance: random.Random, source: str, rows: Rows) -> tuple[str, bytes]:
    name, data = _any_file(chance, source, rows)
    other = chance.choice(
        [".csv", ".jsonl", ".parquet", ".csv.gz", ".xlsx", "", " [1] 'a' {b} *?.csv", ".tar.gz"]
    )
    return chance.choice([other, "é" + name, "=" + name, "%20" + name, "[red]" + name]), data


def _bomb(chance: random.Random, source: str, rows: Rows) -> tuple[str, bytes]:
    """Small files that unpack to much."""
    names = list(FEEDS[source].names)
    size = 80 * 2**20
    line = _csv(rows[:1], source).partition(b"\n")[2] or b"\n"
    head = ",".join(names).encode() + b"\n"
    kind = chance.choice(["rows", "blank", "long", "values", "objects", "dictionary", "nulls", "plain"])
    if kind in {"rows", "blank", "long", "values"}:
        unit = {"rows": line[:2000], "blank": b"\n", "long": b"x", "values": b"p" * 90_000 + b"\n"}[kind]
        return ".csv.gz", _gzipped(head, unit, size)
    if kind == "objects":
        return ".jsonl.gz", _gzipped(b"", b"{}\n", size)
    count = 250_000 if kind != "plain" else 2_000
    value = "x" * {"dictionary": 4096, "nulls": 0, "plain": 60_000}[kind]
    columns = {name: pa.nulls(count, pa.string()) for name in names}
    columns[names[0]] = (
        pa.array([value]).take(pa.array([0] * count)) if kind != "plain" else pa.array([value] * count)
    )
    return ".parquet", _written(pa.table(columns), compression="zstd", use_dictionary=kind != "plain")


def _gzipped(head: bytes, unit: bytes, size: int) -> bytes:
    """A gzip file of a head and many times a unit."""
    packer = zlib.compressobj(1, wbits=31)
    block = unit * max(2**20 // len(unit), 1)
    parts = [
        packer.compress(head),
        *(packer.compress(block) for _ in range(size // len(block))),
        packer.flush(),
    ]
    return b"".join(parts)


Maker = Callable[[random.Random, str, Rows], tuple[str, bytes]]
KINDS: dict[str, tuple[int, Maker]] = {
    "flipped": (220, _flipped),
    "truncated": (120, _truncated),
    "columns": (100, _columns),
    "encoded": (80, _encoded),
    "quoted": (130, _quoted),
    "valued": (150, _valued),
    "json": (70, _json),
    "typed": (150, _typed),
    "packed": (60, _packed),
    "renamed": (60, _renamed),
    "bomb": (2, _bomb),
}
