"""Rows that come again in pieces, and ids as another tool writes them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from planted_shop import DAYS, at, deliver, frame, make_shop, shop_feeds, world
from test_feed_breaker import plan, run
from winner_rule import outcomes

from mandje.errors import MandjeError
from mandje.ingest.load import load
from mandje.ingest.store.partitions import current_partitions, paths_by_feed
from mandje.ingest.validate import validate
from mandje.shop.settings import load_shop
from mandje.simulate.defects.other_ids import PLACEHOLDERS, with_number_ids
from mandje.simulate.defects.plan import PlannedRow
from mandje.simulate.marker import settings_digest
from mandje.simulate.settings import SimulationSettings, read_settings
from mandje.simulate.shop_files import make_shop as make_simulated

OTHER_IDS = ("placeholder_ids", "float_ids")
# Of default settings before any of these classes was known: shops simulated then stand as they are.
DIGEST_BEFORE = "5a4bf9264a46a63c78bcc84a30433a65f964cc07fb7b8698d793e384078c0efe"


def _order(order: int, day: int, **other: object) -> dict[str, object]:
    return {"order_id": order, "updated_at": at(day), "delivery_day": day, "customer_id": None, **other}


def _line(order: int, number: int, day: int, **other: object) -> dict[str, object]:
    times = {"updated_at": at(day), "delivery_day": day}
    return {"order_id": order, "line_number": number, "quantity": 2, **times, **other}


def test_classes_that_are_not_asked_for_change_no_settings() -> None:
    assert settings_digest(SimulationSettings()) == DIGEST_BEFORE
    assert settings_digest(SimulationSettings.model_validate({"defects": {"float_ids": 1}})) != DIGEST_BEFORE


def test_a_header_comes_again_as_a_newer_version() -> None:
    planned = plan("orders", rows=(PlannedRow("header_only_versions", 3, 0, 1, 4),))
    orders = frame("orders", [_order(1, 3, outcome="superseded"), _order(2, 3), _order(3, 3)])
    delivered = run(planned, {3: orders, 7: frame("orders", [_order(4, 7)])})
    (first,), (second,) = delivered[3], delivered[7]
    content = ("order_id", "updated_at", "outcome", "defect")
    assert first.rows.select(content).rows() == [
        (1, at(3), "superseded", None),
        (2, at(3), "kept", None),
        (3, at(3), "superseded", None),
    ]
    again = (3, at(3) + timedelta(days=4), "kept", "header_only_versions")
    assert second.rows.select(content).rows() == [(4, at(7), "kept", None), again]


def test_a_changed_line_comes_alone_and_is_right_at_last() -> None:
    planned = plan("order_lines", rows=(PlannedRow("changed_lines_alone", 3, 0, 0, 2),))
    lines = [_line(8, 1, 3), _line(9, 1, 3), _line(9, 2, 3)]
    delivered = run(planned, {3: frame("order_lines", lines), 5: frame("order_lines", [_line(7, 1, 5)])})
    (first,), (second,) = delivered[3], delivered[5]
    content = ("order_id", "line_number", "quantity", "outcome")
    assert first.rows.select(content).rows() == [
        (8, 1, 2, "kept"),
        (9, 1, 3, "superseded"),
        (9, 2, 2, "kept"),
    ]
    assert second.rows.select(content).rows() == [(7, 1, 2, "kept"), (9, 1, 2, "kept")]
    assert second.rows["updated_at"].to_list() == [at(5), at(5)]
    assert second.rows["defect"].to_list() == [None, "changed_lines_alone"]


@pytest.mark.parametrize(
    ("feed", "defect", "row"),
    [
        ("order_lines", "changed_lines_alone", _line(9, 1, 3)),
        ("orders", "header_only_versions", _order(9, 3, outcome="superseded")),
        ("orders", "placeholder_ids", _order(9, 3, customer_id=5)),
        ("orders", "float_ids", _order(9, 3)),
    ],
)
def test_a_row_that_cannot_show_it_is_left_as_it_is(feed: str, defect: str, row: dict[str, object]) -> None:
    rows = frame(feed, [row])
    delivered = run(plan(feed, rows=(PlannedRow(defect, 3, 0, 0, 2),)), {3: rows})
    assert delivered[3][0].rows.select(rows.columns).equals(rows)


def test_nothing_comes_again_after_the_last_day() -> None:
    planned = plan("orders", rows=(PlannedRow("header_only_versions", 29, 0, 0, 4),))
    (last,) = run(planned, {29: frame("orders", [_order(1, 29)])})[29]
    assert last.rows["defect"].to_list() == [None]


def test_numbers_stand_for_customers_wherever_they_are_named() -> None:
    rows = pl.DataFrame({"customer_id": [0, 12, None], "order_id": [1, 2, 3]})
    assert with_number_ids(rows)["customer_id"].to_list() == ["70000000", "70000012", None]
    texts = pl.DataFrame({"shopper_id": ["c0000012", "v0000000000000012", None]})
    assert with_number_ids(texts)["shopper_id"].to_list() == ["70000012", "v0000000000000012", None]


def test_the_parser_reads_these_ids_as_they_are_meant(tmp_path: Path) -> None:
    """Every row is kept, and names whom it named before another tool wrote it."""
    names = {"orders": "order_id", "session_events": "event_id", "service_contacts": "contact_id"}
    plain = shop_feeds()
    logged_in = pl.when(pl.col("visitor_id") % 3 == 0).then("visitor_id").alias("customer_id")
    plain["session_events"] = plain["session_events"].with_columns(logged_in)
    feeds = {feed: with_number_ids(plain[feed]) for feed in names}
    shop = make_shop(tmp_path, feeds)
    truth, files = deliver(world(**dict.fromkeys(OTHER_IDS, 12)), feeds, shop.exports)
    validate(shop, at(DAYS - 1).date())
    load(shop, at(DAYS - 1).date())
    planted = truth["defects"].filter(pl.col("class").is_in(OTHER_IDS))
    assert planted.group_by("class").len().sort("class").rows() == [(name, 12) for name in sorted(OTHER_IDS)]
    cells = pl.concat(
        [file.rows.select("defect", "damage_text") for (_, _), each in files.items() for file in each]
    ).filter(pl.col("defect").is_in(OTHER_IDS))
    words = cells.filter(pl.col("defect") == "placeholder_ids")["damage_text"]
    assert set(words) <= set(PLACEHOLDERS)
    assert words.n_unique() > 4
    assert cells.filter(pl.col("defect") == "float_ids")["damage_text"].str.contains(r"^7\d{7}\.0$").all()
    for feed, paths in paths_by_feed(current_partitions(shop)).items():
        raw = pl.concat([pl.read_parquet(path, hive_partitioning=False) for path in paths])
        told = truth["row_outcomes"].filter(pl.col("feed") == feed, ~pl.col("outcome").str.contains(":"))
        assert dict(outcomes(feed, raw)) == {(day, what): n for _, day, what, n in told.iter_rows()}
        found = raw["customer_id"].drop_nulls()
        assert found.str.contains(r"^7\d{7}$").all(), feed
        assert found.unique().len() == feeds[feed]["customer_id"].drop_nulls().unique().len()
        key = pl.col(names[feed])
        for one in planted.filter(pl.col("feed") == feed).iter_rows(named=True):
            here = raw.filter(key == one["key"], pl.col("delivery_line") == one["line"])
            (customer,) = here.filter(pl.col("delivery_date") == one["delivery_date"])["customer_id"]
            assert (customer is None) == (one["class"] == "placeholder_ids")


def test_changed_lines_come_to_a_shop_that_lists_changes(tmp_path: Path) -> None:
    text = "[defects]\nchanged_lines_alone = 3\n"
    (tmp_path / "simulation.toml").write_text(text)
    with pytest.raises(MandjeError, match="corrected_orders_with_a_line_less = 0"):
        read_settings(tmp_path)
    (tmp_path / "simulation.toml").write_text(
        f"{text}[sales.defects]\ncorrected_orders_with_a_line_less = 0\n"
    )
    make_simulated(tmp_path, {})
    sources = load_shop(tmp_path).settings.sources
    assert {name for name, source in sources.items() if source.documents == "changes"} == {"order_lines"}
