"""Ids of events: the same however a file is written, another for every other event."""

from __future__ import annotations

import json
import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ga4_export import Json, event, pair, text_of, thing, write_parquet
from mandje.adapters.ga4.tables import EVENTS, KINDS
from mandje.ingest.parse import RowContext
from mandje.ingest.parse_documents import parse_documents
from mandje.ingest.read.parsed import FileFault
from mandje.ingest.read.unpacked import Unpacked
from parse_support import AMSTERDAM, KEY, export_file

DAY = date(2026, 3, 1)
GIVEN = [
    event("session_start"),
    event("page_view", 0, params={"page_referrer": "https://www.google.com/", "engaged": 1, "score": 2.50}),
    event(
        "add_to_cart",
        2,
        items=[thing("MUG", 12.10, "2", item_name="Mug"), thing("TEE", 24.0, "1")],
        params={"currency": "EUR", "value": 48.0},
    ),
    event("purchase", 3, user_id="c\u00e9", ecommerce={"transaction_id": "5001"}),
    event("page_view", 4, user_pseudo_id=None),
]


def ids(path: Path) -> list[str]:
    return read(path, "event_id")


def read(path: Path, column: str) -> list[Any]:
    rules = RowContext(KEY, AMSTERDAM)
    (found,) = parse_documents([export_file(path, DAY)], KINDS[0], [EVENTS], rules, Unpacked())
    assert not isinstance(found, FileFault)
    assert found["events"].rejected.is_empty()
    return found["events"].rows[column].to_list()


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def shuffled(value: Any, chance: random.Random) -> Any:
    """Keys of objects in another order, and pairs of a list too; products stay in theirs."""
    if isinstance(value, dict):
        keys = chance.sample(list(value), len(value))
        return {key: shuffled(value[key], chance) for key in keys}
    if isinstance(value, list):
        parts = [shuffled(one, chance) for one in value]
        is_pairs = all(isinstance(one, dict) and "key" in one for one in parts)
        return chance.sample(parts, len(parts)) if is_pairs else parts
    return value


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    found = ids(written(tmp_path_factory.mktemp("ga4") / "a.jsonl", text_of(GIVEN)))
    assert len(set(found)) == len(GIVEN)
    return found


def test_parquet_has_the_same_events(tmp_path: Path, expected: list[str]) -> None:
    path = tmp_path / "a.parquet"
    write_parquet(GIVEN, path)
    assert ids(path) == expected
    assert read(path, "value") == read(written(tmp_path / "a.jsonl", text_of(GIVEN)), "value")


def test_order_and_new_columns_change_no_id(tmp_path: Path, expected: list[str]) -> None:
    given = shuffled([one | {"brand_new": {"x": [1]}} for one in GIVEN], random.Random(7))
    assert ids(written(tmp_path / "a.json", text_of(given))) == expected
    assert ids(written(tmp_path / "b.json", json.dumps(given, indent=1))) == expected


def test_lists_of_nothing_may_be_left_out(tmp_path: Path, expected: list[str]) -> None:
    given = [{name: value for name, value in one.items() if value not in ([], None, {})} for one in GIVEN]
    assert ids(written(tmp_path / "a.jsonl", text_of(given))) == expected


def test_numbers_have_one_form(tmp_path: Path, expected: list[str]) -> None:
    """As text or not, with zeros at the end or without, whole ones in the place of floats or of integers."""
    text = text_of(GIVEN).replace('"int_value": "1"', '"int_value": 1').replace("2.5}", '"2.50"}')
    text = text.replace('"price": 24.0', '"price": 24').replace('"quantity": "2"', '"quantity": 2')
    text = text.replace('{"double_value": 48.0}', '{"string_value": null, "int_value": "48"}')
    assert text != text_of(GIVEN)
    assert ids(written(tmp_path / "a.jsonl", text)) == expected


@pytest.mark.parametrize(
    "column", ["batch_event_index", "batch_page_id", "batch_ordering_id", "user_pseudo_id"]
)
def test_another_number_is_another_event(tmp_path: Path, column: str) -> None:
    found = ids(
        written(tmp_path / "a.jsonl", text_of([event("page_view"), event("page_view", **{column: "2"})]))
    )
    assert len(set(found)) == len(found)


def test_other_parameters_and_products_are_other_events(tmp_path: Path) -> None:
    given: list[Json] = [
        event("view_item"),
        event("view_item", params={"a": "1", "b": "2"}),
        event("view_item", params={"a": "2", "b": "1"}),
        event("view_item", params={"a": "1,b=2"}),
        event("view_item", items=[thing("A"), thing("B")]),
        event("view_item", items=[thing("B"), thing("A")]),
        event("view_item", items=[thing("A", item_name="B")]),
        event("view_item", items=[thing("A", item_brand="B")]),
    ]
    given.append(given[0] | {"event_params": [*given[0]["event_params"], pair("a", "")]})
    assert len(set(ids(written(tmp_path / "a.jsonl", text_of(given))))) == len(given)


def test_ids_stay_what_they_were(expected: list[str]) -> None:
    """Another id for an event that was loaded before would count it twice."""
    assert expected[:2] == ["6514f7a1df240f2d7df48c247f2667f3", "26cd70c90ef684cc948808bafc5f0753"]
