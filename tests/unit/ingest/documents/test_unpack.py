"""Documents become rows of logical tables: every object once, with its line and part, and what is broken."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mandje.adapters.base import Kind
from mandje.contracts.columns import id_column, money_column
from mandje.contracts.parts import Part
from mandje.contracts.types import Column, MoneyRule, Table
from mandje.ingest.parse import RowContext
from mandje.ingest.parse_documents import parse_documents
from mandje.ingest.read.parsed import FileFault, Parsed
from mandje.ingest.read.unpacked import Unpacked
from parse_support import AMSTERDAM, DAY, KEY, export_file

KIND = Kind(
    "bills", "Bills of an invented shop, JSON", "json", frozenset({"no", "items"}), frozenset({"memo"})
)
BILLS = Table(
    "bills",
    "A bill.",
    (
        id_column("no", "Bill."),
        Column(
            "mail", "text", "address", "E-mail.", nullable=True, personal=True, is_email=True, at="who.mail"
        ),
        Column("first_code", "text", "text", "First code.", nullable=True, at="codes[0]"),
        Column("origin", "text", "text", "Where from.", nullable=True, at="meta[_origin]"),
    ),
    document="no",
    open=True,
    part=Part("bills"),
)
ITEMS = Table(
    "items",
    "An item of a bill.",
    (
        Column("bill", "text", "id", "Bill.", is_id=True, at="^no"),
        Column("currency_code", "text", "code", "Currency.", at="^money"),
        id_column("sku", "Product."),
        money_column("price", "Price.", signed=True),
    ),
    document="bill",
    money=MoneyRule(("price",)),
    open=True,
    part=Part("bills", "items"),
)


def bill(number: int, **more: Any) -> dict[str, Any]:
    items = [{"sku": f"p{place}", "price": f"{number}.{place}0"} for place in range(number % 3)]
    return {"no": number, "money": "EUR", "items": items, "memo": "not read"} | more


def write(path: Path, bills: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in bills), encoding="utf-8")
    return path


def parse(*paths: Path) -> dict[str, Parsed]:
    context = RowContext(KEY, AMSTERDAM)
    files = [export_file(path) for path in paths]
    parts = list(parse_documents(files, KIND, (BILLS, ITEMS), context, Unpacked()))
    faults = [part for part in parts if isinstance(part, FileFault)]
    assert not faults, faults
    chunks = [part for part in parts if not isinstance(part, FileFault)]
    return {
        name: Parsed(
            *(
                pl.concat([getattr(chunk[name], field) for chunk in chunks])
                for field in ("rows", "rejected", "read", "noted")
            )
        )
        for name in ("bills", "items")
    }


def told(rows: pl.DataFrame, *names: str) -> list[tuple[Any, ...]]:
    return rows.select(names).rows()


def test_every_object_is_a_row_with_its_line_and_part(tmp_path: Path) -> None:
    found = parse(write(tmp_path / "any name.jsonl", [bill(number) for number in range(1, 7)]))
    assert told(found["bills"].rows, "delivery_line", "delivery_part", "no") == [
        (number, None, str(number)) for number in range(1, 7)
    ]
    expected = [
        (number, f"items[{place}]", str(number), f"p{place}", f"{number}.{place}000")
        for number in range(1, 7)
        for place in range(number % 3)
    ]
    items = found["items"].rows.with_columns(pl.col("price").cast(pl.String))
    assert told(items, "delivery_line", "delivery_part", "bill", "sku", "price") == expected


def test_paths_reach_into_objects_and_lists(tmp_path: Path) -> None:
    meta = [{"key": "_x", "value": {"a": 1}}, {"key": "_origin", "value": "stall"}]
    one = bill(1, who={"mail": "Kim@Example.com", "name": "K"}, codes=["A", "B"], meta=meta)
    two = bill(2, who=[], codes=[], meta=[])
    rows = parse(write(tmp_path / "b.jsonl", [one, two]))["bills"].rows
    assert told(rows, "first_code", "origin") == [("A", "stall"), (None, None)]
    assert rows["mail"][0] is not None
    assert len(rows["mail"][0]) == 64  # a hash
    assert rows["mail"][1] is None


@pytest.mark.parametrize(
    ("line", "rule", "column"),
    [
        ('{"no": 7, "money": "EUR", "ite', "json", None),
        ("[1, 2]", "json", None),
        ("null", "json", None),
        ('{"no": 7, "items": {"0": {"sku": "a"}}}', "type", "items"),
        ('{"money": "EUR", "items": []}', "missing", "no"),
    ],
)
def test_a_broken_line_is_one_rejected_row(tmp_path: Path, line: str, rule: str, column: str | None) -> None:
    path = tmp_path / "b.jsonl"
    path.write_text("\n".join([json.dumps(bill(1)), line, json.dumps(bill(2))]), encoding="utf-8")
    found = parse(path)
    assert told(found["bills"].rejected, "delivery_line", "rule", "column_name") == [(2, rule, column)]
    assert found["items"].rejected.is_empty()
    assert (found["bills"].rows.height, found["items"].rows.height) == (2, 3)
    assert found["bills"].read["row_count"].sum() == 3


def test_a_broken_item_is_rejected_and_says_which(tmp_path: Path) -> None:
    items = [{"sku": "a", "price": "1.00"}, {"sku": "b", "price": "dear"}, None]
    found = parse(write(tmp_path / "b.jsonl", [bill(1, items=items)]))["items"]
    assert told(found.rejected, "delivery_part", "column_name", "rule") == [
        ("items[1]", "price", "type"),
        ("items[2]", "sku", "missing"),
    ]


def test_an_array_lines_and_gzip_say_the_same(tmp_path: Path) -> None:
    bills = [bill(number) for number in range(1, 6)]
    lines = write(tmp_path / "lines.jsonl", bills)
    array, packed, object_lines = tmp_path / "a.json", tmp_path / "p.jsonl.gz", tmp_path / "o.json"
    array.write_text(json.dumps(bills, indent=2), encoding="utf-8")
    packed.write_bytes(gzip.compress(lines.read_bytes()))
    object_lines.write_bytes(lines.read_bytes())
    expected = parse(lines)
    for path in (array, packed, object_lines):
        found = parse(path)
        for name in ("bills", "items"):
            assert found[name].rows.drop("delivery_file").equals(expected[name].rows.drop("delivery_file")), (
                path,
                name,
            )
    array.write_text("[]", encoding="utf-8")
    assert parse(array)["bills"].rows.is_empty()


def test_unknown_keys_are_noted_and_known_ones_are_not(tmp_path: Path) -> None:
    path = write(tmp_path / "b.jsonl", [bill(1), bill(2, plugin="x"), bill(3, plugin="y", other=1)])
    noted = parse(path)["bills"].noted.filter(pl.col("kind") == "unknown_column")
    assert sorted(told(noted, "delivery_date", "column_name", "row_count")) == [
        (DAY, "other", 1),
        (DAY, "plugin", 2),
    ]


LINKED = Kind("tree", "A tree of an invented shop", "json", frozenset({"id"}))
_SHOP, _SALE = Part("tree", "Shop", "__up"), Part("tree", "Shop/Till/Sale", "__up")
SHOPS = Table("shops", "A shop.", (id_column("id", "Shop."),), document="id", open=True, part=_SHOP)
SALES = Table(
    "sales",
    "A sale.",
    (
        Column("shop", "text", "id", "Shop.", is_id=True, at="^^id"),
        Column("till", "text", "id", "Till.", is_id=True, at="^name"),
        money_column("amount", "Amount."),
    ),
    document="shop",
    open=True,
    part=_SALE,
)


def gid(kind: str, number: int) -> str:
    return f"gid://invented/{kind}/{number}"


def test_linked_lines_find_their_parents_in_any_order(tmp_path: Path) -> None:
    lines: list[Mapping[str, Any]] = [
        {"id": gid("Sale", 1), "amount": "1.50", "__up": gid("Till", 1)},
        {"id": gid("Shop", 1)},
        {"id": gid("Sale", 2), "amount": "2.50", "__up": gid("Till", 9)},
        {"id": gid("Till", 1), "name": "front", "__up": gid("Shop", 1)},
        {"id": gid("Metafield", 1), "__up": gid("Shop", 1)},
    ]
    path = tmp_path / "tree.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    parts = list(
        parse_documents(
            [export_file(path)], LINKED, (SHOPS, SALES, _tills()), RowContext(KEY, AMSTERDAM), Unpacked()
        )
    )
    assert len(parts) == 1
    assert isinstance(parts[0], dict)
    assert told(parts[0]["sales"].rows, "delivery_line", "shop", "till") == [(1, gid("Shop", 1), "front")]
    assert told(parts[0]["sales"].rejected, "delivery_line", "column_name", "rule") == [
        (3, "shop", "missing")
    ]
    assert told(parts[0]["shops"].rejected, "delivery_line", "column_name", "rule") == [(5, "id", "allowed")]


def _tills() -> Table:
    part = Part("tree", "Shop/Till", "__up")
    return Table("tills", "A till.", (id_column("id", "Till."),), open=True, part=part)
