"""Places in a document: pairs with typed values, lists of products, and fingerprints of several of them."""

from __future__ import annotations

import json
from hashlib import md5
from typing import Any

import polars as pl
import pytest

from mandje.adapters.base import Kind
from mandje.contracts.parts import Part
from mandje.contracts.types import Column, Table
from mandje.errors import MandjeError
from mandje.ingest.documents.unpack import unpack

KIND = Kind("hits", "Hits, JSON", "json", frozenset({"no"}))


def column(name: str, at: str = "", **more: Any) -> Column:
    return Column(name, "text", "text", name, nullable=True, at=at, **more)


def values(documents: list[Any], *columns: Column) -> list[tuple[str | None, ...]]:
    table = Table("hits", "Hits.", columns, part=Part("hits"), open=True)
    texts = [one if isinstance(one, str) else json.dumps(one) for one in documents]
    lines = pl.DataFrame({"delivery_line": range(1, len(texts) + 1), "delivery_date": "d", "text": texts})
    return unpack(lines, KIND, [table]).rows["hits"].select(table.names).rows()


def test_a_value_is_taken_of_the_type_that_it_has() -> None:
    pairs = [
        {"key": "page", "value": {"string_value": "/a"}},
        {"key": "session", "value": {"string_value": None, "int_value": str(2**60 + 1)}},
        {"key": "share", "value": {"float_value": 0.5}},
        {"key": "it's", "value": {"double_value": 12.1}},
        {"key": "none", "value": {}},
        {"key": "page", "value": {"string_value": "/second"}},
    ]
    names = ("page", "session", "share", "it's", "none", "absent")
    columns = [column(f"v{place}", f"params[={name}]") for place, name in enumerate(names)]
    assert values([{"params": pairs}, {"params": []}, {}], *columns) == [
        ("/a", str(2**60 + 1), "0.5", "12.1", None, None),
        (None,) * 6,
        (None,) * 6,
    ]


def test_some_keys_of_a_list_are_one_json_list() -> None:
    things = [{"id": 'a"b', "price": 1.5, "name": "not read"}, {"price": None}, {"id": 7}]
    given = [{"things": things}, {"things": []}, {"things": None}]
    assert values(given, column("things", "things[{id,price}]")) == [
        (
            json.dumps(
                [{"id": 'a"b', "price": "1.5"}, {"id": None, "price": None}, {"id": "7", "price": None}],
                separators=(",", ":"),
            ),
        ),
        ("[]",),
        (None,),
    ]


def test_a_fingerprint_is_the_md5_of_its_places_in_one_form() -> None:
    """The second document says the same in another order and with other zeros."""
    fingerprint = column("id", fingerprint_of=("no", "who.mail", "params[=]", "things[{id,price}]"))
    one = {
        "no": 5,
        "who": {"mail": "x"},
        "params": [
            {"key": "b", "value": {"int_value": 20}},
            {"key": "a", "value": {"string_value": "\u00e9"}},
        ],
        "things": [{"id": "A", "price": 12.10}, {"id": "B"}],
        "other": 1,
    }
    same = {
        "things": [{"price": "12.100", "id": "A"}, {"id": "B", "price": None}],
        "params": [
            {"value": {"string_value": "\u00e9"}, "key": "a"},
            {"key": "b", "value": {"double_value": "20.0"}},
        ],
        "who": {"mail": "x"},
        "no": "5",
    }
    parts = ["5", "x", ["a=\u00e9", "b=20"], [["A", "12.1"], ["B", None]]]
    written = json.dumps(parts, separators=(",", ":"), ensure_ascii=False)
    assert values([one, same], fingerprint) == [(md5(written.encode()).hexdigest(),)] * 2  # noqa: S324 - no secret
    other = [one | {"things": one["things"][::-1]}, one | {"no": 6}, one | {"params": []}, {}]  # type: ignore[index]
    assert len(set(values([one, *other], fingerprint))) == 1 + len(other)


def test_lines_that_are_no_document_are_told_where_rows_are_documents() -> None:
    table = Table("hits", "Hits.", (column("no"),), part=Part("hits"), open=True)
    texts = ['{"no": 1}', '{"no": 2', "5", "", '{"no": 3}']
    lines = pl.DataFrame({"delivery_line": range(1, 6), "delivery_date": "d", "text": texts})
    found = unpack(lines, KIND, [table])
    assert found.rows["hits"].select("place", "no").rows() == [(0, "1"), (4, "3")]
    assert found.broken.select("delivery_line", "rule", "place").rows() == [
        (2, "json", 1),
        (3, "json", 2),
        (4, "json", 3),
    ]


def rows_of(documents: list[Any], path: str, *columns: Column, also: tuple[Column, ...] = ()) -> list[Any]:
    """Rows under a path, with their part, of a kind whose first table is `also` of the documents."""
    tables = [
        Table("hits", "Hits.", also or (column("no"),), part=Part("hits"), open=True),
        Table("items", "Items.", columns, part=Part("hits", path), open=True),
    ]
    texts = [json.dumps(one) for one in documents]
    lines = pl.DataFrame({"delivery_line": range(1, len(texts) + 1), "delivery_date": "d", "text": texts})
    found = unpack(lines, KIND, tables).rows["items"]
    return found.select("delivery_part", *tables[1].names).rows()


def test_objects_stand_on_the_way_to_a_list() -> None:
    given = [
        {"no": 1, "cart": None},
        {"no": 2, "cart": {"id": "c", "box": {"items": [{"sku": "a"}, {"sku": "b"}]}}},
    ]
    columns = column("sku"), column("up", "^no"), column("cart", "^cart.id")
    expected = [("cart.box.items[0]", "a", "2", "c"), ("cart.box.items[1]", "b", "2", "c")]
    assert rows_of(given, "cart.box.items", *columns) == expected
    assert rows_of(given, "cart.box.items", *columns, also=(column("id", "cart.id"),)) == expected


def test_lists_and_objects_on_the_way_may_alternate() -> None:
    given = [{"no": 1, "parts": [{"id": "p", "cart": {"items": [{"sku": "a"}]}}, {"id": "q"}]}]
    columns = column("sku"), column("part", "^id"), column("top", "^^no")
    assert rows_of(given, "parts.cart.items", *columns) == [("parts[0].cart.items[0]", "a", "p", "1")]


def test_one_name_is_not_read_as_an_object_and_a_list() -> None:
    given = [{"cart": [{"sku": "a"}]}]
    with pytest.raises(MandjeError, match="cart is read in two ways"):
        rows_of(given, "cart", column("sku"), also=(column("id", "cart.id"),))
    with pytest.raises(MandjeError, match="cart is read in two ways"):
        rows_of(given, "cart", column("sku"), also=(column("id", "cart"),))
