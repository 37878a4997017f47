from __future__ import annotations

from typing import Any

import pytest

from mandje.adapters.shopify import KINDS, shopify_adapter
from mandje.errors import MandjeError
from shopify_bulk import plant_customers, plant_orders, plant_settings


def kinds_of(one: dict[str, Any]) -> set[str]:
    """Kinds whose fingerprint an object has."""
    return {
        kind.name
        for kind in KINDS
        if kind.needed <= set(one) and all(str(one[key]).startswith(value) for key, value in kind.fixed)
    }


def test_whatever_line_comes_first_tells_the_kind_of_file() -> None:
    assert [kinds_of(one) for one in plant_orders()] == [{"orders"}] * len(plant_orders())
    assert [kinds_of(one) for one in plant_customers()] == [{"customers"}] * 2


def test_a_shop_with_several_sites_must_say_which_one_it_is() -> None:
    with pytest.raises(MandjeError, match=r'sites = \{"\*" = "nl"\}'):
        shopify_adapter("shop", plant_settings("nl", "be"))
