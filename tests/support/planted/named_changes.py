"""Which sentences name a planted change: their kind, and the place, channel or product that they tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mandje.report.sentences import Sentence, Words


@dataclass(frozen=True)
class Named:
    """A sentence of one of these kinds (or of a longer name) that tells each of these words."""

    kinds: tuple[str, ...]
    words: tuple[str, ...] = ()

    def fits(self, sentence: Sentence) -> bool:
        told = set(_told(sentence.values))
        return sentence.kind.startswith(self.kinds) and told >= set(self.words)


_ORDERS_LOST = ("conversion_fell", "paid_fell", "carts_left_rose")
_CARTS_LEFT = ("carts_left_rose", "carts_left_a_visit_rose", "conversion_fell", "checkouts_fell")
_DEARER = ("spend_rose", "cost_a_visit_rose")
EXPECTED: Mapping[str, tuple[Named, ...]] = {
    "phones": (Named(_ORDERS_LOST, ("device_mobile",)),),
    "phones_a_third": (Named(_ORDERS_LOST, ("device_mobile",)),),
    "desktops": (Named(_ORDERS_LOST, ("device_desktop",)),),
    "tablets": (Named(_ORDERS_LOST, ("device_tablet",)),),
    "one_site": (Named(_ORDERS_LOST, ("uk",)),),
    "payment_fails_at_one_site": (Named(_ORDERS_LOST, ("uk",)),),
    "carts_left": (Named(_CARTS_LEFT),),
    "carts_left_a_quarter": (Named(_CARTS_LEFT),),
    "more_carts": (Named(_CARTS_LEFT),),
    "comes_back": (Named(("comes_back",)),),
    "comes_back_a_third": (Named(("comes_back",)),),
    "two_products": (Named(("comes_back",)),),
    "channel_cost": (Named(_DEARER, ("Paid Search",)),),
    "cost_more_than_half_up": (Named(_DEARER, ("Paid Social",)),),
    "affiliates_cost": (Named(_DEARER, ("Affiliates",)),),
    "missing": (Named(("delivery_missing",), ("session_events",)),),
    "half_price": (Named(("order_value_fell",)),),
    "no_organic_traffic": (Named(("visits_fell",), ("Organic Search",)),),
}


def names_it(kind: str, sentence: Sentence) -> bool:
    """Whether the sentence names what was planted."""
    return any(one.fits(sentence) for one in EXPECTED[kind])


def _told(values: Mapping[str, object]) -> list[str]:
    """Keys of words and texts, those inside of words too."""
    told = [one for one in values.values() if isinstance(one, str)]
    for one in values.values():
        if isinstance(one, Words):
            told += [one.key, *_told(one.values)]
    return told
