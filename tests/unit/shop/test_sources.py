"""Options of a source: what a shop says of a platform's own words, and adapters of other packages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from typing import Any

import pytest
from pydantic import ValidationError

from mandje.adapters.feed_frames import site_of
from mandje.errors import MandjeError
from mandje.shop.known_adapters import BUILT_IN, installed_adapters
from mandje.shop.settings import ShopSettings, faults_in_words

BROUGHT = EntryPoint("lightspeed", "no_such_package:adapter", "mandje.adapters")


def settings(source: dict[str, Any], sites: tuple[str, ...] = ("nl", "be")) -> ShopSettings:
    return ShopSettings.model_validate(
        {
            "name": "small",
            "reporting_currency": "EUR",
            "time_zone": "Europe/Amsterdam",
            "sites": {site: {"time_zone": "Europe/Amsterdam", "currency": "EUR"} for site in sites},
            "sources": {"shop": source},
        }
    )


def fault(source: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as wrong:
        settings(source)
    return faults_in_words(wrong.value)


@pytest.fixture
def _brought(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("mandje.shop.known_adapters.entry_points", lambda **_: (BROUGHT,))
    installed_adapters.cache_clear()
    yield
    installed_adapters.cache_clear()


@pytest.mark.parametrize("adapter", ["woocommerce", "shopify"])
def test_a_platform_says_what_its_stores_and_states_are(adapter: str) -> None:
    options = {"sites": {"EUR": "nl", "*": "be"}, "statuses": {"partial-shipped": "paid"}}
    source = settings({"adapter": adapter, **options}).sources["shop"]
    assert (source.sites, source.statuses) == (options["sites"], options["statuses"])
    assert (source.on_refused, source.on_missing, source.has_refunds_in_orders) == ("stop", "wait", True)


def test_only_a_platform_that_tells_totals_has_them() -> None:
    summed = {name: settings({"adapter": name}).sources["shop"].has_summed_totals for name in BUILT_IN}
    assert [name for name, is_summed in summed.items() if is_summed] == [
        "online_retail",
        "thelook",
        "shopify",
        "bol",
    ]


def test_a_site_that_the_shop_has_not_is_a_fault() -> None:
    assert "shop.sites names uk, which [sites] has not" in fault(
        {"adapter": "shopify", "sites": {"GBP": "uk"}}
    )


def test_a_state_that_mandje_has_not_is_a_fault() -> None:
    told = fault({"adapter": "shopify", "statuses": {"on-hold": "waiting"}})
    assert "sources.shop.statuses.on-hold" in told
    assert "'waiting'" in told


@pytest.mark.parametrize("option", [{"sites": {"*": "nl"}}, {"statuses": {"sent": "fulfilled"}}])
@pytest.mark.parametrize("adapter", ["canonical", "online_retail", "thelook"])
def test_an_option_that_no_one_would_read_is_a_fault(adapter: str, option: dict[str, Any]) -> None:
    assert f"adapter {adapter} does not read it, leave it out" in fault({"adapter": adapter, **option})


@pytest.mark.usefixtures("_brought")
def test_an_unknown_adapter_is_told_all_that_are_known() -> None:
    told = fault({"adapter": "shopware"})
    assert f"there are {', '.join(BUILT_IN)}, lightspeed" in told
    assert "'shopware'" in told


@pytest.mark.usefixtures("_brought")
def test_an_adapter_of_another_package_may_hold_orders() -> None:
    source = settings({"adapter": "lightspeed"}).sources["shop"]
    assert (source.on_refused, source.on_missing) == ("stop", "wait")


@pytest.mark.parametrize(
    ("sites", "option", "expected"),
    [(("nl",), {}, "nl"), (("nl", "be"), {"*": "be"}, "be"), (("nl", "be"), {"EUR": "nl", "*": "be"}, "be")],
)
def test_rows_that_name_no_site_are_of_one(
    sites: tuple[str, ...], option: dict[str, str], expected: str
) -> None:
    assert site_of(settings({"adapter": "shopify", "sites": option}, sites), "shop") == expected


@pytest.mark.parametrize("option", [{}, {"EUR": "nl"}])
def test_of_several_sites_one_must_be_named(option: dict[str, str]) -> None:
    with pytest.raises(MandjeError) as wrong:
        site_of(settings({"adapter": "shopify", "sites": option}), "shop")
    assert wrong.value.found == "the sites nl, be"
    assert 'add sites = {"*" = "nl"}' in str(wrong.value.next_step)


def test_airflow_reads_settings_without_what_is_heavy() -> None:
    seen = "import sys, mandje.shop.settings; print(sorted({'polars', 'duckdb', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
