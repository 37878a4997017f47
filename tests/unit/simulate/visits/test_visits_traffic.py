from __future__ import annotations

import re

import polars as pl
import pytest
from visited_shop import Visited

from mandje.simulate.visits.behaviour.traffic import ORIGINS, Origin, campaigns

PAID = re.compile(r"^(.*cp.*|ppc|retargeting|paid.*)$")
SHOPS = re.compile(r"^(.*(([^a-df-z]|^)shop|shopping).*)$")
# Of the published lists of sources, those that stand in for their kind here.
SEARCH = {"google", "bing", "duckduckgo", "yahoo", "baidu", "ecosia.org"}
SOCIAL = {"facebook", "instagram", "pinterest", "pinterest.com", "facebook.com", "instagram.com", "twitter"}
VIDEO = {"youtube", "youtube.com", "vimeo", "twitch"}


# GA4's rules for what is not paid by the click, in their order: group, source, medium, campaign.
UNPAID = (
    ("Display", None, {"display", "banner", "expandable", "interstitial", "cpm"}, None),
    ("Organic Shopping", None, None, SHOPS),
    ("Organic Social", SOCIAL, None, None),
    ("Organic Social", None, {"social", "social-network", "social-media", "sm"}, None),
    ("Organic Video", VIDEO, None, None),
    ("Organic Search", SEARCH, None, None),
    ("Organic Search", None, {"organic"}, None),
    ("Referral", None, {"referral", "app", "link"}, None),
    ("Email", {"email", "e-mail", "e_mail"}, None, None),
    ("Email", None, {"email", "e-mail", "e_mail"}, None),
    ("Affiliates", None, {"affiliate"}, None),
)


def published_group(source: str | None, medium: str | None, campaign: str | None) -> str:
    """GA4's default channel group, rule by rule in its order; a visit that tells nothing is direct."""
    source, medium, campaign = source or "(direct)", medium or "(none)", campaign or "(not set)"
    if source == "(direct)" and medium in {"(none)", "(not set)"}:
        return "Direct"
    if PAID.match(medium):
        kinds = (("Paid Search", SEARCH), ("Paid Social", SOCIAL), ("Paid Video", VIDEO))
        found = next((name for name, sources in kinds if source in sources), "Paid Other")
        return "Paid Shopping" if SHOPS.match(campaign) else found
    for group, sources, mediums, campaigns_like in UNPAID:
        is_source = sources is None or source in sources
        is_medium = mediums is None or medium in mediums
        if is_source and is_medium and (campaigns_like is None or campaigns_like.match(campaign)):
            return group
    return "Unassigned"


@pytest.mark.parametrize("number", range(len(ORIGINS)))
def test_origins_have_the_channel_of_the_published_rules(number: int) -> None:
    origin: Origin = ORIGINS[number]
    assert published_group(origin.source, origin.medium, origin.campaign) == origin.channel


def test_channels_of_sessions_follow_from_what_they_tell(visited: Visited) -> None:
    sessions = visited.visits.sessions
    told = sessions.select("source", "medium", "campaign", "channel").unique().rows()
    assert all(
        published_group(source, medium, campaign) == channel for source, medium, campaign, channel in told
    )
    assert sessions["channel"].n_unique() == 9


def test_clicks_are_the_paid_sessions_that_no_robot_made(visited: Visited) -> None:
    paid = ["Paid Search", "Paid Social", "Affiliates", "Display"]
    sessions = visited.visits.sessions.filter(
        pl.col("channel").cast(pl.String).is_in(paid), ~pl.col("is_bot")
    )
    day = (pl.col("started_date") - visited.world.clock.first_day).dt.total_days()
    texts = [pl.col(name).cast(pl.String) for name in ("site", "source", "medium", "campaign")]
    expected = dict.fromkeys(sessions.select(day.alias("day"), *texts).rows(), 0)
    for row in sessions.select(day.alias("day"), *texts).iter_rows():
        expected[row] += 1
    sites = ("nl", "uk")
    clicks = {
        (day, sites[site], *told): count for day, site, *told, count in visited.visits.clicks.iter_rows()
    }
    assert clicks == expected


def test_campaigns_are_listed_once() -> None:
    assert not campaigns().select("source", "medium", "campaign").is_duplicated().any()
