"""Values against a slow second reading of the same text, row by row, in plain Python."""

from __future__ import annotations

import csv
import io
import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import partial
from math import prod
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from mandje.contracts.placeholders import PLACEHOLDERS
from mandje.contracts.types import Column, Table
from mandje.ingest.values.convert import read_floats
from mandje.ingest.values.email_hash import hash_emails, hash_value
from parse_support import AMSTERDAM, DAY, FEEDS, KEY, LINE, csv_bytes, good_row, parse_bytes

Read = tuple[object, str | None]  # value and broken rule


def _read_integer(text: str) -> Read:
    if not re.fullmatch(r"[+-]?[0-9]+", text) or not -(2**63) <= int(text) < 2**63:
        return None, "type"
    return int(text), None


def _read_decimal(text: str, places: int = 4, digits: int = 14) -> Read:
    if not re.fullmatch(r"[+-]?([0-9]+(\.[0-9]+)?|\.[0-9]+)", text):
        return None, "type"
    value = Decimal(text)
    if value != value.quantize(Decimal(1).scaleb(-places)):
        return None, "precision"
    return (value, None) if abs(value) < 10**digits else (None, "type")


def _read_rounded(text: str, places: int) -> Read:
    if not re.fullmatch(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", text):
        return None, "type"
    value = _rounded(text, places)
    return (value, None) if value is not None else (None, "type")


def _read_timestamp(text: str) -> Read:
    parts = re.fullmatch(
        r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?"
        r"(?: ?(Z|UTC|[+-]\d\d(?::?\d\d(?::?00)?)?))?",
        text,
        re.ASCII,
    )
    if parts is None:
        return None, "type"
    day, clock, second, fraction, offset = parts.groups()
    if fraction and len(fraction) > 6:
        return None, "precision"
    try:
        local = datetime.fromisoformat(f"{day}T{clock}:{second or '00'}.{(fraction or '').ljust(6, '0')}")
    except ValueError:
        return None, "type"
    if offset is None or offset in {"Z", "UTC"}:
        return local.replace(tzinfo=UTC), None
    digits = offset[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:4] or 0)
    if hours > 15 or minutes > 59:
        return None, "type"
    sign = -1 if offset[0] == "-" else 1
    zone = timezone(sign * timedelta(hours=hours, minutes=minutes))
    return local.replace(tzinfo=zone).astimezone(UTC), None


def _read_date(text: str) -> Read:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None, "type"
    try:
        return date.fromisoformat(text), None
    except ValueError:
        return None, "type"


def _read_boolean(text: str) -> Read:
    known = {
        "true": True,
        "t": True,
        "yes": True,
        "1": True,
        "false": False,
        "f": False,
        "no": False,
        "0": False,
    }
    value = known.get(text.lower())
    return value, None if value is not None else "type"


READERS: dict[str, Callable[[str], Read]] = {
    "integer": _read_integer,
    "decimal": _read_decimal,
    "rate": partial(_read_decimal, places=12, digits=7),
    "timestamp": _read_timestamp,
    "date": _read_date,
    "boolean": _read_boolean,
}


def _read_email(text: str) -> Read:
    if re.fullmatch("[0-9a-fA-F]{64}", text):
        return text.lower(), None
    if text.lower() in PLACEHOLDERS:
        return None, None
    is_address = re.fullmatch(r"[^\s@]{1,64}@[^\s@]+\.[^\s@]+", text)
    return (hash_value(text, KEY), None) if is_address else (None, "email")


def _read_id(column: Column, bare: str) -> Read:
    """In a column with other ids than numbers: a whole float stays as it is."""
    whole = re.fullmatch(r"(-?(?:0|[1-9][0-9]*))\.0*", bare)
    if (whole.group(1) if whole else bare.lower()) in PLACEHOLDERS:
        return None, None if column.nullable else "missing"
    if whole and abs(int(whole.group(1))) >= 2**53:
        return None, "precision"
    return (hash_value(bare.replace("%40", "@"), KEY) if bare in ADDRESSES else bare), None


def _read(column: Column, text: str) -> Read:
    bare = text.strip(" \t\u00a0\u200b\ufeff") if column.is_id else text.strip()
    if not bare:
        return None, None if column.nullable else "missing"
    if column.is_id:
        return _read_id(column, bare)
    if column.is_email:
        return _read_email(bare)
    for address in () if column.allowed or column.pattern else ADDRESSES:
        text = text.replace(address, "(address)")
    if column.round_to is not None:
        value, rule = _read_rounded(bare, column.round_to)
    else:
        value, rule = (text, None) if column.type == "text" else READERS[column.type](bare)
    return value, rule or _outside(column, value)


def _outside(column: Column, value: object) -> str | None:
    if column.allowed or column.pattern:
        return _outside_words(column, value)
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        low, high = column.minimum, column.maximum
        if low is not None and (value < low or (column.minimum_exclusive and value == low)):
            return "range"
        if high is not None and value > high:
            return "range"
    if isinstance(value, datetime):
        end = datetime(DAY.year, DAY.month, DAY.day, tzinfo=AMSTERDAM) + timedelta(days=2)
        return None if datetime(1990, 1, 1, tzinfo=UTC) <= value < end.astimezone(UTC) else "impossible_date"
    if isinstance(value, date):
        return None if date(1990, 1, 1) <= value <= DAY + timedelta(days=1) else "impossible_date"
    return None


def _outside_words(column: Column, value: object) -> str | None:
    if column.allowed and value not in column.allowed:
        return "allowed"
    if column.pattern and value is not None and not re.fullmatch(column.pattern, str(value)):
        return "pattern"
    return None


def _column_of_too_much_worth(table: Table, read: dict[str, Read]) -> str | None:
    if table.money is None:
        return None
    factors = [_amount(read[name]) for name in table.money.factors]
    if table.money.instead and isinstance(read[table.money.instead][0], Decimal):
        factors = [_amount(read[table.money.instead])]
    less = _amount(read[table.money.less]) if table.money.less else Decimal(0)
    return table.money.factors[0] if abs(prod(factors)) + abs(less) >= 10**12 else None


def _amount(read: Read) -> Decimal:
    return read[0] if isinstance(read[0], Decimal) else Decimal(0)


def _second_reading(data: bytes, table: Table) -> tuple[list[tuple[object, ...]], list[tuple[int, str, str]]]:
    rows, rejected = [], []
    for number, row in enumerate(csv.DictReader(io.StringIO(data.decode(), newline="")), start=2):
        read = {column.name: _read(column, row[column.name]) for column in table.columns}
        if "customer_id" in read and row["customer_id"] in ADDRESSES and "email_hash" in read:
            read["email_hash"] = (
                read["customer_id"] if read["email_hash"] == (None, None) else read["email_hash"]
            )
        for group in table.one_of:
            if all(read[name] == (None, None) for name in group):
                read[group[0]] = (None, "missing")
        if (rich := _column_of_too_much_worth(table, read)) and read[rich][1] is None:
            read[rich] = (None, "range")
        broken = next(((name, rule) for name, (_, rule) in read.items() if rule is not None), None)
        if broken is None:
            rows.append((number, *(value for value, _ in read.values())))
        else:
            rejected.append((number, *broken))
    return rows, rejected


PIECES = {
    "integer": ["0", "1", "-1", "+7", "007", " 42 ", "1950", "1.0", "9" * 19, "x", "", "１"],
    "decimal": [
        "0",
        "1",
        "1.5",
        "-2.25",
        "+.5",
        "5.",
        " 3 ",
        "0.00010",
        "1.23450000",
        "0.00001",
        "1e3",
        ".",
        "",
        "99999999999999.9999",
        "100000000000000",
        "1,5",
        "000000000000000000000000001.5",
        "0." + "0" * 60 + "1",
    ],
    "timestamp": [
        "2024-03-30T10:00:00Z",
        "2024-03-30 10:00",
        "2024-03-30T10:00:00.5",
        "2024-03-30 10:00:00 UTC",
        "2024-03-30T10:00:00+0100",
        "2024-03-30T10:00:00.123456-05:30",
        "2024-03-30T10:00:00.1234567",
        "",
        "2024-02-30 10:00",
        "2024-03-30T10:00:60Z",
        "2024-03-30T25:00",
        "1889-01-01 00:00",
        "2024-04-02T00:00+14:00",
        "2024-3-30T10:00:00",
        " 2024-03-30T10:00:00Z ",
        "2024-03-30T10:00:00+16:00",
        "2024-03-30",
        "2024-03-30T10:00.5",
        "2024-03-30t10:00:00Z",
        "2024-03-30T10:00:00z",
        "0001-01-01T00:00:00Z",
        "2024-03-30T10:00:00UTC",
        "2024-03-30 10:00:00+00",
        "2024-03-30 10:00:00.123456+00",
        "2024-03-30 10:00:00-03",
        "2024-03-30 10:00:00+05:30:00",
        "2024-03-30 10:00+0530",
        "2024-03-30 10:00:00+5",
        "2024-03-30 10:00:00+05:30:15",
    ],
    "date": [
        "2024-03-30",
        "2024-04-01",
        "2024-04-02",
        "1990-01-01",
        "1889-12-31",
        "2023-02-29",
        "x",
        "",
        "+2024-03-01",
    ],
    "boolean": ["true", "FALSE", "t", "f", "Yes", "no", "1", "0", "on", "", " true ", "2"],
    "text": ["a", " b ", "", "  ", 'é,"x"', "NULL", "\t"],
}
ADDRESSES = ("Ann@Shop.nl", "ann%40shop.nl")
IDS = [
    "0",
    "n/a",
    "(Not Set)",
    "7.0",
    "007",
    "0.0",
    "9007199254740992.0",
    "9007199254740991.0",
    "\u00a0c\u200b",
]
PIECES["rate"] = [
    *PIECES["decimal"],
    "0.0000547930",
    "0.000000000001",
    "0.0000000000010000",
    "0.0000000000001",
    "9999999.999999999999",
    "10000000",
]
PIECES["text"] += [*ADDRESSES, *(f"to {address}, and b@c" for address in ADDRESSES)]
EMAILS = ["A@b.nl", " a@B.nl ", "a" * 64, "F" * 64, "x", "", "a@b", "a b@c.nl", "a@b@c.nl", "NULL", " n/a"]


def _pieces(column: Column) -> list[str]:
    if column.is_id:
        return [*PIECES["text"][:7], *ADDRESSES, *IDS]
    return EMAILS if column.is_email else PIECES[column.type]


@pytest.mark.parametrize("table", FEEDS.values(), ids=lambda table: table.name)
def test_random_rows_equal_a_slow_second_reading(tmp_path: Path, table: Table) -> None:
    chance = random.Random(table.name)
    good = good_row(table)
    rows = []
    for _ in range(1500):
        changed = chance.sample(table.columns, k=chance.choice((0, 1, 1, 1, 2, 3)))
        pieces = {c.name: chance.choice(_pieces(c)) for c in changed}
        rows.append(good | pieces)
    data = csv_bytes(rows)
    outcome = parse_bytes(tmp_path, data, table=table)
    accepted, rejected = _second_reading(data, table)
    assert outcome.rows.select("delivery_line", *table.names).rows() == accepted
    assert outcome.rejected.select("delivery_line", "column_name", "rule").rows() == rejected
    assert len(accepted) > 300
    assert len(rejected) > 100


def _rounded(text: str, places: int) -> Decimal | None:
    try:
        value = Decimal(text).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    except InvalidOperation:
        return None
    return value if abs(value) < 10**14 else None


def test_binary_floats_are_rounded_half_away_from_zero_exactly() -> None:
    chance = random.Random(11)
    known = [
        "39.97999954223633",
        "2.675000000000000",
        "2.665",
        "-2.675",
        "1e-05",
        "5e-3",
        "-5E-03",
        "1.005",
        "0.285",
    ]
    known += [
        "0.0049999999999999999999999999999",
        "1e16",
        "1e999",
        "12345.",
        "99999999999999.994",
        "-0.0",
        "1.5e2",
    ]
    drawn = [repr(chance.choice((1, -1)) * 10 ** chance.uniform(-8, 13)) for _ in range(3000)]
    texts = known + drawn + [repr(round(chance.uniform(0, 100), 3)) for _ in range(3000)]
    read = read_floats(pl.Series(texts), 2)
    assert read.to_list() == [_rounded(text, 2) for text in texts]
    assert read.head(5).to_list() == [Decimal(t) for t in ("39.98", "2.68", "2.67", "-2.68", "0.00")]


def test_a_column_of_floats_takes_exponents_and_no_words(tmp_path: Path) -> None:
    table = replace(
        FEEDS["order_lines"],
        columns=tuple(
            replace(column, round_to=2) if column.name == "unit_price_amount" else column
            for column in FEEDS["order_lines"].columns
        ),
    )
    texts = ["39.97999954223633", "1e-05", "nan", "inf", "0x10", "1e3", ""]
    outcome = parse_bytes(
        tmp_path, csv_bytes([LINE | {"unit_price_amount": text} for text in texts]), table=table
    )
    assert outcome.rows["unit_price_amount"].to_list() == [Decimal("39.98"), Decimal(0), Decimal(1000)]
    rules = [(4, "type"), (5, "type"), (6, "type"), (8, "missing")]
    assert outcome.rejected.select("delivery_line", "rule").rows() == rules


@pytest.mark.parametrize(
    "zone", ["Europe/Amsterdam", "America/New_York", "Asia/Kolkata", "America/Sao_Paulo"]
)
def test_local_clocks_equal_the_standard_library(tmp_path: Path, zone: str) -> None:
    table = replace(
        FEEDS["order_lines"],
        columns=tuple(
            replace(column, time_zone=zone) if column.name == "updated_at" else column
            for column in FEEDS["order_lines"].columns
        ),
    )
    start = datetime(2017, 1, 1, 0, 30)  # noqa: DTZ001 - a clock on a wall
    times = [start + timedelta(hours=hour) for hour in range(24 * 365)]
    rows = [LINE | {"updated_at": time.isoformat(sep=" ")} for time in times]
    outcome = parse_bytes(tmp_path, csv_bytes(rows), table=table)
    in_utc = [time.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for time in times]
    exists = [
        moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == time
        for time, moment in zip(times, in_utc, strict=True)
    ]
    assert outcome.rows["updated_at"].to_list() == [t for t, real in zip(in_utc, exists, strict=True) if real]
    assert outcome.rejected.height == exists.count(False)


def test_the_hash_is_hmac_sha256_of_the_trimmed_lower_cased_address() -> None:
    # RFC 4231, test case 2: key "Jefe", data "what do ya want for nothing?".
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert hash_value(" What do ya want for NOTHING? ", b"Jefe") == expected
    values = pl.Series(["What do ya want for nothing?", None, "other"])
    assert hash_emails(values, b"Jefe").to_list()[:2] == [expected, None]


def test_an_address_or_its_hash_fills_the_same_column_and_never_both(tmp_path: Path) -> None:
    row = {"customer_id": "c", "first_seen_at": "2024-01-01", "email": " Jane@Example.org "}
    row["first_seen_at"] = "2024-01-01T00:00:00Z"
    hashed = hash_value("jane@example.org", KEY)
    raw = parse_bytes(tmp_path, csv_bytes([row]), table=FEEDS["customers"])
    again = {"customer_id": "c", "first_seen_at": row["first_seen_at"], "email_hash": hashed.upper()}
    assert raw.rows["email_hash"].to_list() == [hashed]
    assert parse_bytes(tmp_path, csv_bytes([again]), table=FEEDS["customers"]).rows.equals(raw.rows)
    (fault,) = parse_bytes(tmp_path, csv_bytes([row | again]), table=FEEDS["customers"]).faults
    assert fault.reason == "header"


def test_no_address_is_in_anything_that_comes_out(tmp_path: Path) -> None:
    good = {"customer_id": "c1", "email": "jane.doe@example.org", "first_seen_at": "2024-01-01T00:00:00Z"}
    row = (",".join(good.values()) + "\n").encode()
    header = (",".join(good) + "\n").encode()
    bodies = [row, row.replace(b"@", b" @"), row[:-1] + b",x\n", row.replace(b"jane", b'ja"ne'), row * 2]
    bodies += [
        row.replace(b"jane", b"jane\xff"),
        row.replace(b"2024-01-01T00:00:00Z", b"jane.doe@example.org"),
    ]
    data = header + b"".join(bodies)
    without_header = parse_bytes(tmp_path, row * 2, table=FEEDS["customers"])
    as_header = parse_bytes(
        tmp_path, header.replace(b"email", b"jane.doe@example.org"), table=FEEDS["customers"]
    )
    json_line = (
        b'{"customer_id": "c1", "jane.doe@example.org": 1, "email": {"doe@example.org": "example.org"}}\n'
    )
    as_key = parse_bytes(tmp_path, json_line, "a.jsonl", FEEDS["customers"])
    outcome = parse_bytes(tmp_path, data, table=FEEDS["customers"])
    assert outcome.rejected.height == 5
    assert outcome.rows.height == 3
    assert [len(each.faults) for each in (without_header, as_header, as_key)] == [1, 1, 1]
    for each in (outcome, without_header, as_header, as_key):
        told = str(
            [each.rows.rows(), each.rejected.rows(), each.read.rows(), [str(f.error) for f in each.faults]]
        )
        assert "example.org" not in told
        assert "jane" not in told
