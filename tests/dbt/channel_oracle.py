"""What brought a session, and its channel: computed once more, from the rules as published."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Row = dict[str, Any]

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"
NOTHING = {"", "(direct)", "direct", "(none)", "(not set)"}
SECOND_LEVELS = {"ac", "co", "com", "edu", "gov", "net", "org"}
PAID = re.compile(r".*cp.*|ppc|retargeting|paid.*")
SHOP_CAMPAIGN = re.compile(r".*(([^a-df-z]|^)shop|shopping).*")


def _seed(name: str) -> list[Row]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


KINDS = {row["traffic_site"]: row["kind"] for row in _seed("traffic_sites")}
CLICKS = {row["click_id_type"]: row for row in _seed("click_ids")}


def _name(text: str | None) -> str | None:
    return None if text is None or text.strip().lower() in NOTHING else text.strip()


def host_name(host: str) -> str:
    """A host without www., in small letters."""
    return host.strip().lower().removeprefix("www.")


def kind_of(site: str) -> str | None:
    """What kind of site a host or the name of a source is, if it is well known."""
    host = host_name(site)
    labels = host.split(".")
    if len(labels) > 1:
        labels = labels[:-1]
        if len(labels) > 1 and labels[-1] in SECOND_LEVELS:
            labels = labels[:-1]
    return KINDS.get(host, KINDS.get(labels[-1]))


def traffic(events: Iterable[Row], own_hosts: set[str]) -> Row:
    """Source, medium and what else the first event tells that tells any; `own_hosts` are no source."""
    for event in events:
        source, medium, campaign = (_name(event[name]) for name in ("source", "medium", "campaign"))
        click = _name(event["click_id_type"])
        host = host_name(event["referrer_host"] or "") or None
        if host and (host in own_hosts or kind_of(host) == "payment"):
            host = None
        if source or medium or campaign or click or host:
            return {
                "source": source or _source(medium, click, host),
                "medium": medium or _medium(source, click, host),
                "campaign": campaign,
                "keyword": event["keyword"],
                "click_id_type": click.lower() if click else None,
                "referrer_host": host,
            }
    empty = dict.fromkeys(("campaign", "keyword", "click_id_type", "referrer_host"))
    return {"source": "(direct)", "medium": "(none)", **empty}


def _source(medium: str | None, click: str | None, host: str | None) -> str:
    known = CLICKS.get((click or "").lower())
    if known and (not medium or known["is_paid"] == "true"):
        return str(known["source"])
    return host if host and not medium else "(not set)"


def _medium(source: str | None, click: str | None, host: str | None) -> str:
    known = CLICKS.get((click or "").lower())
    if known and (not source or known["is_paid"] == "true"):
        return str(known["medium"])
    if source or not host:
        return "(not set)"
    return "organic" if kind_of(host) == "search" else "referral"


def channel(source: str, medium: str, campaign: str | None) -> str:
    """GA4's default channel group, rule by rule as it is published."""
    source, medium, campaign = source.lower(), medium.lower(), (campaign or "").lower()
    kind, paid = kind_of(source), bool(PAID.fullmatch(medium))
    shopping = kind == "shopping" or bool(SHOP_CAMPAIGN.fullmatch(campaign))
    mail = {"email", "e-mail", "e_mail", "e mail"}
    social = {"social", "social-network", "social-media", "sm", "social network", "social media"}
    rules = {
        "Direct": source == "(direct)" and medium in {"(none)", "(not set)"},
        "Cross-network": "cross-network" in campaign,
        "Paid Shopping": shopping and paid,
        "Paid Search": kind == "search" and paid,
        "Paid Social": kind == "social" and paid,
        "Paid Video": kind == "video" and paid,
        "Display": medium in {"display", "banner", "expandable", "interstitial", "cpm"},
        "Paid Other": paid,
        "Organic Shopping": shopping,
        "Organic Social": kind == "social" or medium in social,
        "Organic Video": kind == "video" or "video" in medium,
        "Organic Search": kind == "search" or medium == "organic",
        "Email": source in mail or medium in mail,
        "Affiliates": medium in {"affiliate", "affiliates"},
        "Referral": medium in {"referral", "app", "link"},
        "Audio": medium == "audio",
        "SMS": "sms" in {source, medium},
        "Mobile Push Notifications": medium.endswith("push")
        or "mobile" in medium
        or "notification" in medium
        or source == "firebase",
    }
    return next((name for name, holds in rules.items() if holds), "Unassigned")
