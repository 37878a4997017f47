"""Adapters by name: those of Mandje itself, and those that other packages bring."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from mandje.adapters import adapter_for, kinds_by_adapter
from mandje.adapters.base import Kind
from mandje.adapters.canonical import Canonical, canonical_adapter
from mandje.errors import MandjeError
from mandje.shop.known_adapters import installed_adapters
from mandje.shop.settings import ShopSettings

KIND = Kind("till_roll", "a till's roll", "csv", frozenset({"Bon", "Kassa"}))


def make(source_name: str, settings: ShopSettings) -> Canonical:
    """An adapter for tests: every source holds orders."""
    source = settings.sources[source_name].model_copy(update={"feed": "orders"})
    return canonical_adapter(source_name, settings.model_copy(update={"sources": {source_name: source}}))


@pytest.fixture
def _brought(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package with one good adapter and one that breaks when it is loaded."""
    package = ModuleType("till_package")
    make.kinds = (KIND,)  # type: ignore[attr-defined]
    package.make = make  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "till_package", package)
    found = [
        EntryPoint("till", "till_package:make", "mandje.adapters"),
        EntryPoint("broken", "till_package:nothing", "mandje.adapters"),
    ]
    monkeypatch.setattr("mandje.shop.known_adapters.entry_points", lambda **_: found)
    installed_adapters.cache_clear()
    yield
    installed_adapters.cache_clear()


def settings(adapter: str) -> ShopSettings:
    return ShopSettings.model_validate(
        {
            "name": "small",
            "reporting_currency": "EUR",
            "time_zone": "Europe/Amsterdam",
            "sites": {"nl": {"time_zone": "Europe/Amsterdam", "currency": "EUR"}},
            "sources": {"shop": {"adapter": adapter}},
        }
    )


@pytest.mark.usefixtures("_brought")
def test_an_adapter_of_another_package_reads_a_source() -> None:
    assert adapter_for("shop", settings("till")).feeds == ("orders",)


@pytest.mark.usefixtures("_brought")
def test_kinds_of_other_packages_are_known_and_a_broken_one_has_none() -> None:
    kinds = kinds_by_adapter()
    assert kinds["till"] == (KIND,)
    assert "broken" not in kinds


@pytest.mark.usefixtures("_brought")
def test_an_adapter_that_cannot_be_loaded_is_one_clear_line() -> None:
    with pytest.raises(MandjeError, match="adapter broken cannot be loaded") as wrong:
        adapter_for("shop", settings("broken"))
    assert "AttributeError" in str(wrong.value.found)
