"""Where visits come from: what a session's first event tells of it, and the channel that follows.

Channels are those of GA4's default channel group (Google, "Default channel group" in Analytics Help); each
combination of source and medium here meets the rule of its channel and no rule before it. Direct visits tell
nothing. Campaign names stay clear of the words that rules look for in them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from mandje.simulate.settings.visits import Channel, ChannelName
from mandje.simulate.world.chance import Integers, pick


@dataclass(frozen=True, slots=True)
class Origin:
    """One combination, its weight inside its channel, and what a click on it costs (0: nothing is paid)."""

    channel: ChannelName
    weight: int
    source: str | None = None
    medium: str | None = None
    referrer_host: str | None = None
    campaign: str | None = None
    keyword: str | None = None
    click_id_type: str | None = None
    click_cents: int = 0


_GOOGLE, _BING = "www.google.com", "www.bing.com"


def _google(weight: int, campaign: str, keyword: str, cents: int) -> Origin:
    return Origin("Paid Search", weight, "google", "cpc", _GOOGLE, campaign, keyword, "gclid", cents)


def _bing(weight: int, campaign: str, keyword: str, cents: int) -> Origin:
    return Origin("Paid Search", weight, "bing", "cpc", _BING, campaign, keyword, "msclkid", cents)


def _paid_social(weight: int, source: str, host: str, campaign: str, cents: int) -> Origin:
    return Origin("Paid Social", weight, source, "paid_social", host, campaign, None, "fbclid", cents)


ORIGINS = (
    Origin("Direct", 1),
    Origin("Organic Search", 86, "google", "organic", _GOOGLE),
    Origin("Organic Search", 9, "bing", "organic", _BING),
    Origin("Organic Search", 5, "duckduckgo", "organic", "duckduckgo.com"),
    _google(24, "brand", "demo", 18),
    _google(9, "brand", "demo outlet", 18),
    _google(16, "generic_bags", "leather bag", 62),
    _google(10, "generic_bags", "laptop bag", 62),
    _google(14, "generic_home", "table lamp", 55),
    _google(8, "generic_home", "linen cushion", 55),
    _google(7, "generic_gifts", "birthday gift", 71),
    _bing(6, "bing_brand", "demo", 14),
    _bing(6, "bing_generic", "leather bag", 44),
    Origin("Organic Social", 40, "instagram", "social", "l.instagram.com"),
    Origin("Organic Social", 35, "facebook", "social", "m.facebook.com"),
    Origin("Organic Social", 25, "pinterest.com", "referral", "www.pinterest.com"),
    _paid_social(45, "facebook", "m.facebook.com", "prospecting", 38),
    _paid_social(30, "instagram", "l.instagram.com", "prospecting", 41),
    _paid_social(25, "facebook", "m.facebook.com", "reminder", 33),
    Origin("Email", 60, "newsletter", "email", None, "weekly_newsletter"),
    Origin("Email", 25, "newsletter", "email", None, "cart_reminder"),
    Origin("Email", 15, "newsletter", "email", None, "win_back"),
    Origin("Referral", 45, "blog.example", "referral", "blog.example"),
    Origin("Referral", 35, "compare.example", "referral", "compare.example"),
    Origin("Referral", 20, "forum.example", "referral", "forum.example"),
    Origin("Affiliates", 60, "awin", "affiliate", "www.awin1.com", "partners", None, "awc", 47),
    Origin("Affiliates", 40, "tradetracker", "affiliate", "tc.tradetracker.net", "partners", None, None, 43),
    Origin("Display", 1, "criteo", "display", "news.example", "reminder_banners", None, None, 22),
)
NAMES = tuple(dict.fromkeys(origin.channel for origin in ORIGINS))
IS_PAID = np.array([origin.click_cents > 0 for origin in ORIGINS])


def draw_origins(
    generator: np.random.Generator, size: int, channels: tuple[Channel, ...], mix: str
) -> Integers:
    """Positions in ORIGINS for `size` visits; `mix` names the weights of the channels to go by."""
    share = {channel.name: getattr(channel, mix) for channel in channels}
    total = {name: sum(own.weight for own in ORIGINS if own.channel == name) for name in NAMES}
    weights = [share.get(own.channel, 0) * own.weight / total[own.channel] for own in ORIGINS]
    return pick(generator, size, weights)


def told(origin: pl.Expr, field: str) -> pl.Expr:
    """What visits of these origins (positions in ORIGINS; null or −1 = nothing) tell in a field of Origin."""
    values = [*(getattr(own, field) for own in ORIGINS), None]
    names = pl.Enum(list(dict.fromkeys(value for value in values if value)))
    words, nothing = pl.Series(values, dtype=names), len(ORIGINS)
    code = pl.when(origin >= 0).then(origin).otherwise(nothing)
    return code.map_batches(words.gather, names).alias(field)


def channel_of(origin: pl.Expr) -> pl.Expr:
    """Channels of visits of these origins."""
    return told(origin, "channel")


def is_paid(origin: pl.Expr) -> pl.Expr:
    """Whether a visit of that origin was paid for by the click."""
    return origin.is_in(np.flatnonzero(IS_PAID).tolist())


def campaigns() -> pl.DataFrame:
    """What is paid for: source, medium, campaign, click_cents (of the first site); each once, in order."""
    rows = {(own.source, own.medium, own.campaign): own.click_cents for own in ORIGINS if own.click_cents}
    names = ["source", "medium", "campaign"]
    frame = pl.DataFrame(list(rows), schema=dict.fromkeys(names, pl.String), orient="row")
    return frame.with_columns(pl.Series("click_cents", list(rows.values()), dtype=pl.Int64))
