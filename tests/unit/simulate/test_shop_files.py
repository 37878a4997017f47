from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from mandje.contracts.feeds import FEEDS
from mandje.errors import MandjeError
from mandje.shop.settings import load_shop
from mandje.simulate.defects.classes import WRITTEN_DAILY
from mandje.simulate.settings import FILE, SimulationSettings, read_settings
from mandje.simulate.settings.template import simulation_toml
from mandje.simulate.shop_files import make_shop, shop_toml
from repository import DATA

DEMO = DATA / "demo" / "shop.toml"


def test_the_demo_has_the_settings_of_every_simulated_shop() -> None:
    assert DEMO.read_text(encoding="utf-8") == shop_toml("demo", read_settings(DEMO.parent))


def test_the_demo_says_all_that_can_be_set() -> None:
    settings = read_settings(DEMO.parent)
    set_there = {name: getattr(settings, name) for name in ("seed", "customers", "days", "first_day")}
    assert (DEMO.parent / FILE).read_text(encoding="utf-8") == simulation_toml(set_there)


def test_what_stands_in_comments_are_the_defaults() -> None:
    settings = re.sub(r"(?m)^(##.*|# )", "", simulation_toml({}).split("\n\n", 1)[1])
    assert settings.count("=") > 100
    assert SimulationSettings.model_validate(tomllib.loads(settings)) == SimulationSettings()


def test_a_new_shop_reads_every_feed_and_goes_on_when_one_is_refused(tmp_path: Path) -> None:
    make_shop(tmp_path / "My shop 2", {"customers": 12, "days": 40})
    settings = load_shop(tmp_path / "My shop 2").settings
    assert settings.name == "my_shop"
    assert settings.sources.keys() == FEEDS.keys()
    assert {source.on_refused for source in settings.sources.values()} == {"go_on"}
    rhythms = {
        name: source.on_missing for name, source in settings.sources.items() if source.expected != "any"
    }
    assert rhythms == {"orders": "wait", "order_lines": "wait", "session_events": "go_on"}
    assert {settings.sources[name].expected for name in rhythms} == {"daily"}
    assert rhythms.keys() <= set(WRITTEN_DAILY)
    assert settings.customers.left_truncation_days == 0
    assert not settings.schedule.is_on
    assert {name: site.currency for name, site in settings.sites.items()} == {"nl": "EUR", "uk": "GBP"}


def test_its_simulation_has_the_options_and_no_more(tmp_path: Path) -> None:
    make_shop(tmp_path, {"customers": 12, "days": 40})
    lines = (tmp_path / "simulation.toml").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == ["customers = 12", "days = 40"]
    assert (read_settings(tmp_path).customers, read_settings(tmp_path).seed) == (12, 1)


@pytest.mark.parametrize("name", ["2024", "ü"])
def test_a_folder_whose_name_is_none_gives_a_shop_a_name(name: str, tmp_path: Path) -> None:
    make_shop(tmp_path / name, {})
    assert load_shop(tmp_path / name).settings.name == "simulated"


def test_what_stands_there_stays(tmp_path: Path) -> None:
    make_shop(tmp_path, {"customers": 12})
    (tmp_path / "shop.toml").write_text(shop_toml("mine", SimulationSettings()))
    make_shop(tmp_path, {"customers": 12})
    assert load_shop(tmp_path).settings.name == "mine"


def test_another_kind_of_shop_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text("anything")
    with pytest.raises(MandjeError, match="not a simulated one"):
        make_shop(tmp_path, {})
    assert [path.name for path in tmp_path.iterdir()] == ["shop.toml"]


def test_options_outside_their_range_write_nothing(tmp_path: Path) -> None:
    with pytest.raises(MandjeError, match=r"customers.*days"):
        make_shop(tmp_path / "shop", {"customers": 0, "days": 1})
    assert not (tmp_path / "shop").exists()
