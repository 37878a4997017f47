"""A file says what it is by the names in its first record, in every form; what is no export says nothing."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from mandje.adapters import recognise as recognising
from mandje.adapters.base import Kind
from mandje.adapters.recognise import Recognised, kind_of, recognise
from mandje.adapters.recognise.heads import heads_of
from mandje.adapters.recognise.homes import sources_reading, told
from mandje.contracts.feeds import FEEDS
from mandje.shop.settings import ShopSettings

NEEDED = frozenset({"Bon", "Kassa", "Totaal"})
ORDERS = Kind("order", "a Till orders export", "csv", NEEDED, frozenset({"Btw"}))
REFUNDS = Kind("refund", "a Till refunds export", "csv", NEEDED | {"Reden"})
DOCUMENTS = Kind("bulk", "a Till dump", "json", frozenset({"id", "at"}), fixed=(("id", "till://Order/"),))
TILL = (ORDERS, REFUNDS, DOCUMENTS)
PERSONAL = ("anna.voorbeeld@example.com", "Anna Voorbeeld", "Teststraat 1", "0612345678")

SAMPLES = {
    "another Shopify bulk export": '{"id": "gid://shopify/Product/1", "title": "Mug"}\n',
}


@pytest.fixture(autouse=True)
def _till(monkeypatch: pytest.MonkeyPatch) -> None:
    """An adapter for tests; those of Mandje's own do not matter here."""
    monkeypatch.setattr(recognising, "kinds_by_adapter", lambda: {"till": TILL})


def written(tmp_path: Path, text: str, name: str = "x", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def found(path: Path) -> Recognised:
    recognised = recognise(path)
    assert recognised is not None
    return recognised


@pytest.mark.parametrize("title", SAMPLES)
def test_platforms_without_an_adapter_are_known(tmp_path: Path, title: str) -> None:
    one = found(written(tmp_path, SAMPLES[title]))
    assert (one.kind.title, one.adapter, one.is_whole) == (title, None, True)
    assert one.note.startswith("no adapter reads it yet")
    assert one.words == f"this looks like {title}"


@pytest.mark.parametrize(
    "header",
    [
        "Campaign,Cost,Clicks,Impr.",
        "Week\tKampagne\tKosten\tKlicks",
        "Nom de la campagne,Montant dépensé (CHF),Début des rapports",
        "CampaignName,CurrencyCode,Spend",
        "campaign.name,metrics.cost_micros",
    ],
)
def test_a_report_without_days_is_told_what_it_lacks(tmp_path: Path, header: str) -> None:
    one = found(written(tmp_path, header + "\n"))
    assert one.note == "it names no day: make the report again, segmented by day"


def test_snowplow_is_known_by_its_fields(tmp_path: Path) -> None:
    fields = ["shop", "web", "", "2026-03-01 09:00:00.000", "", "page_view"]
    fields += ["00000000-0000-4000-8000-000000000001", *[""] * 124]
    assert found(written(tmp_path, "\t".join(fields) + "\n")).kind.title == "Snowplow enriched events"
    assert recognise(written(tmp_path, "\t".join([*fields[:6], "no id", *fields[7:]]) + "\n")) is None


@pytest.mark.parametrize("feed", FEEDS)
def test_every_feed_is_known_in_every_form(tmp_path: Path, feed: str) -> None:
    names = ["email" if column.is_email else column.name for column in FEEDS[feed].columns]
    needed = [column.name for column in FEEDS[feed].columns if not column.nullable]
    pl.DataFrame({name: ["x"] for name in names}).write_parquet(tmp_path / "a.parquet")
    paths = [
        tmp_path / "a.parquet",
        written(tmp_path, ",".join(names), "a.csv"),
        written(tmp_path, ",".join(reversed(needed)), "b.csv"),
        written(tmp_path, json.dumps(dict.fromkeys(names, "x")), "c.jsonl"),
    ]
    for path in paths:
        assert (found(path).kind.name, found(path).adapter) == (feed, "canonical"), path


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("before", ["", "Rapport\n\n"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_csv_is_known_in_every_dialect(
    tmp_path: Path, separator: str, encoding: str, before: str, pack: Callable[[bytes], bytes]
) -> None:
    text = before + separator.join(["Bon", '"Kassa"', " Totaal ", "Btw"]) + "\r\n" + separator.join("1234")
    path = written(tmp_path, text, encoding=encoding)
    path.write_bytes(pack(path.read_bytes()))
    one = found(path)
    assert (one.kind, one.adapter, one.names_known, one.names_found) == (ORDERS, "till", 4, 4)
    assert one.words == "this looks like a Till orders export (4 of 4 names)"
    assert one.head is not None
    assert (one.head.separator, one.head.lines_before) == (separator, before.count("\n"))


def test_the_kind_that_needs_most_wins(tmp_path: Path) -> None:
    path = written(tmp_path, "Bon,Kassa,Totaal,Reden\n")
    assert found(path).kind == REFUNDS
    assert kind_of(path, (ORDERS, REFUNDS)) == REFUNDS
    assert kind_of(path, (ORDERS,)) == ORDERS
    assert kind_of(path, (DOCUMENTS,)) is None


@pytest.mark.parametrize(
    "text", ['{"id": "till://Order/1", "at": 3}', '\n [\n {"id": "till://Order/1",\n"at":3}]']
)
def test_values_that_every_object_has_tell_kinds_apart(tmp_path: Path, text: str) -> None:
    assert found(written(tmp_path, text)).kind == DOCUMENTS
    assert recognise(written(tmp_path, text.replace("Order", "Person"))) is None


def test_a_broken_first_line_hides_no_kind(tmp_path: Path) -> None:
    text = '{"id": "till://Or\n{"id": "till://Order/2", "at": 3}\n'
    assert found(written(tmp_path, text)).kind == DOCUMENTS


def test_what_is_nearly_a_kind_is_told_what_it_lacks(tmp_path: Path) -> None:
    names = [column.name for column in FEEDS["orders"].columns if column.name not in {"site", "order_id"}]
    one = found(written(tmp_path, ",".join(names)))
    assert one.words == "this looks like the feed orders, but lacks order_id, site"
    assert not one.is_whole
    assert kind_of(written(tmp_path, "Bon,Kassa\n"), TILL) is None


def test_a_feed_knows_all_of_its_columns(tmp_path: Path) -> None:
    path = written(tmp_path, ",".join([*FEEDS["products"].names, "colour"]))
    assert found(path).is_strange
    assert "but has columns that it does not know" in found(path).words


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\0\0",
        b"PAR1 and no more",
        b"\x1f\x8b\x08 no gzip",
        b"PK\x03\x04",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[[1]]",
        b'"' + b"," * 500_000,
        b"x" * 200_000 + b",y",
        "\ud83d".encode("utf-16", "surrogatepass"),
    ],
)
def test_what_is_no_export_says_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    assert recognise(path) is None
    assert kind_of(path, TILL) is None


def test_a_place_that_is_no_file_says_nothing(tmp_path: Path) -> None:
    assert recognise(tmp_path) is None
    assert recognise(tmp_path / "nowhere") is None


@pytest.mark.parametrize("seed", range(20))
def test_no_value_of_a_file_is_ever_told(tmp_path: Path, seed: int) -> None:
    """Whatever stands beside names that are known, and whatever lacks."""
    chance = random.Random(seed)
    kind = chance.choice([*TILL[:2], recognising._feed_kind(FEEDS["orders"])])
    names = [name for name in sorted(kind.needed) if chance.random() < 0.8] + list(PERSONAL)
    chance.shuffle(names)
    one = recognise(written(tmp_path, ";".join(names) + "\n" + ";".join(PERSONAL)))
    text = f"{one} {one.head} {one.words} {told(one, shop({}))}" if one else ""
    assert [value for value in PERSONAL if value in text] == []


def shop(sources: dict[str, dict[str, str]]) -> ShopSettings:
    base = {"products": {"adapter": "canonical"}}
    return ShopSettings.model_validate(
        {
            "name": "small",
            "reporting_currency": "EUR",
            "time_zone": "Europe/Amsterdam",
            "sites": {"nl": {"time_zone": "Europe/Amsterdam", "currency": "EUR"}},
            "sources": base | sources,
        }
    )


def test_a_feed_belongs_to_the_sources_that_hold_it(tmp_path: Path) -> None:
    one = found(written(tmp_path, ",".join(FEEDS["orders"].names)))
    two = shop({"till_nl": {"adapter": "canonical", "feed": "orders"}, "orders": {"adapter": "canonical"}})
    assert sources_reading(one, two) == ["till_nl", "orders"]
    assert told(one, two).endswith("names): put it under exports/till_nl/ or exports/orders/")
    assert told(one, shop({})).endswith(
        'put it under exports/<source>/ of a source with adapter = "canonical" and feed = "orders"'
    )


def test_a_platform_belongs_to_the_sources_of_its_adapter(tmp_path: Path) -> None:
    one = found(written(tmp_path, "Bon,Kassa,Totaal,Vak\n"))
    assert told(one, shop({})) == (
        "this looks like a Till orders export (3 of 4 names): "
        'put it under exports/<source>/ of a source with adapter = "till"'
    )
    assert told(found(written(tmp_path, SAMPLES["another Shopify bulk export"])), shop({})) == (
        "this looks like another Shopify bulk export: no adapter reads it yet"
    )


def test_only_the_beginning_of_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"Bon,Kassa,Totaal\n" + b"1,2,3\n" * 5_000_000))
    assert {len(head.names) for head in heads_of(path)} == {3}
    assert found(path).kind == ORDERS
