from __future__ import annotations

from pathlib import Path

import pytest

from mandje.adapters import adapter_for
from mandje.contracts.feeds import FEEDS
from mandje.errors import MandjeError
from mandje.shop.settings import ShopSettings, load_shop
from mandje.starter import init_shop


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_new_shop_loads_and_reads_every_feed(tmp_path: Path) -> None:
    init_shop(tmp_path / "shops" / "mine")
    shop = load_shop(tmp_path / "shops" / "mine")
    assert set(shop.settings.sources) == set(FEEDS)
    assert {name for name, s in shop.settings.sources.items() if s.on_refused == "stop"} == {
        "orders",
        "order_lines",
    }
    for feed in FEEDS:
        assert adapter_for(feed, shop.settings).feeds == (feed,)
        assert list((shop.exports / feed).iterdir()) == []


def test_the_settings_written_are_the_defaults(tmp_path: Path) -> None:
    init_shop(tmp_path)
    written = load_shop(tmp_path).settings
    required = {"name", "reporting_currency", "time_zone", "sites", "sources"}
    bare = ShopSettings.model_validate({name: getattr(written, name) for name in required})
    assert written == bare


def test_examples_are_headers_of_their_feeds(tmp_path: Path) -> None:
    init_shop(tmp_path)
    for name, feed in FEEDS.items():
        (line,) = (tmp_path / "examples" / f"{name}.csv").read_text().splitlines()
        expected = tuple("email" if column.is_email else column.name for column in feed.columns)
        assert tuple(line.split(",")) == expected
    assert "email_hash" not in (tmp_path / "examples" / "customers.csv").read_text()


def test_a_shop_is_never_overwritten(tmp_path: Path) -> None:
    init_shop(tmp_path)
    (tmp_path / "shop.toml").write_text("mine")
    before = contents(tmp_path)
    with pytest.raises(MandjeError, match=r"holds shop\.toml already"):
        init_shop(tmp_path)
    assert contents(tmp_path) == before


def test_a_file_of_the_same_name_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "orders.csv").write_text("mine")
    with pytest.raises(MandjeError, match=r"holds examples/orders\.csv already"):
        init_shop(tmp_path)
    assert contents(tmp_path) == {"examples/orders.csv": b"mine"}


def test_a_killed_call_is_completed_by_the_next(tmp_path: Path) -> None:
    init_shop(tmp_path)
    whole = contents(tmp_path)
    (tmp_path / "shop.toml").unlink()
    (tmp_path / "examples" / "returns.csv").unlink()
    init_shop(tmp_path)
    assert contents(tmp_path) == whole


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MandjeError, match="the shop cannot be written"):
        init_shop(tmp_path / "file")
