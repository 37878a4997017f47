"""What visits come from: Google's published sites, ours beside them with reasons, and a shop's own hosts."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from mandje.shop.settings import load_shop
from mandje.starter import init_shop
from mandje.warehouse.build import dbt_variables
from repository import DBT_PROJECT

SEED = DBT_PROJECT / "seeds" / "traffic_sites.csv"
# By the published file; two of its search sites are told otherwise here.
PUBLISHED = {"search": 131, "social": 590, "shopping": 52, "video": 46}
TOLD_OTHERWISE = {"mail.google.com": "mail", "news.google.com": "other"}
# From all over the published file, of each kind.
SPOT_CHECKS = {
    "malaysia.search.yahoo.com": "search",
    "secureurl.ukr.net": "search",
    "googlemybusiness": "search",
    "viadeo.journaldunet.com": "video",
    "utreon": "video",
    "video.ibm.com": "social",
    "messages.google.com": "social",
    "google+": "social",
    "imageshack": "social",
    "vg.no": "social",
    "google shopping": "shopping",
    "s3.amazonaws.com": "shopping",
    "stripe.com": "shopping",
}


@pytest.fixture(scope="module")
def sites() -> list[dict[str, str]]:
    with SEED.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_published_sites_are_all_there(sites: list[dict[str, str]]) -> None:
    counted = Counter(site["kind"] for site in sites if site["why"] == "GA4")
    counted.update("search" for _ in TOLD_OTHERWISE)
    assert counted == PUBLISHED
    kinds = {site["traffic_site"]: site["kind"] for site in sites}
    assert kinds | SPOT_CHECKS | TOLD_OTHERWISE == kinds
    assert sum(PUBLISHED.values()) == 819


def test_a_brand_with_hosts_of_countries_is_a_name_and_no_host(sites: list[dict[str, str]]) -> None:
    brands = {site["traffic_site"] for site in sites if site["has_country_hosts"] == "true"}
    assert {"google", "pinterest", "ebay", "youtube"} <= brands
    # Words of every day are no brand: ask.nl, line.nl and ted.nl are anybody's.
    assert not brands & {"ask", "line", "ted", "alice", "spoke", "toolbox"}
    assert not [name for name in brands if "." in name]


def test_names_are_compared_in_small_letters_without_www(sites: list[dict[str, str]]) -> None:
    names = [site["traffic_site"] for site in sites]
    assert names == sorted(set(names))
    assert names == [name.strip().lower().removeprefix("www.") for name in names]


def test_models_know_the_hosts_that_a_site_tells(tmp_path: Path) -> None:
    init_shop(tmp_path)
    assert dbt_variables(load_shop(tmp_path), date(2025, 1, 31))["site_hosts"] == []
    settings = tmp_path / "shop.toml"
    settings.write_text(settings.read_text().replace("hosts = []", 'hosts = ["winkel.nl", "m.winkel.be"]', 1))
    assert dbt_variables(load_shop(tmp_path), date(2025, 1, 31))["site_hosts"] == [
        {"site": "main", "host": "winkel.nl"},
        {"site": "main", "host": "m.winkel.be"},
    ]
