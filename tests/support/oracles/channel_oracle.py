"""What brought a session, and its channel: computed once more, from the rules as published."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from typing import Any

from repository import DBT_PROJECT

Row = dict[str, Any]

SEEDS = DBT_PROJECT / "seeds"
NOTHING = {"", "(direct)", "direct", "(none)", "(not set)"}
SECOND_LEVELS = {"ac", "co", "com", "edu", "gov", "ne", "net", "or", "org"}
BY_REFERRER = {"search": "organic", "assistant": "ai-assistant"}
PAID = re.compile(r".*cp.*|ppc|retargeting|paid.*")
SHOP_CAMPAIGN = re.compile(r".*(([^a-df-z]|^)shop|shopping).*")


def _seed(name: str) -> list[Row]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


SITES = {row["traffic_site"]: row for row in _seed("traffic_sites")}
CLICKS = {row["click_id_type"]: row for row in _seed("click_ids")}


def _name(text: str | None) -> str | None:
    return None if text is None or text.strip().lower() in NOTHING else text.strip()


def host_name(host: str) -> str:
    """A host without www., in small letters."""
    return host.strip().lower().removeprefix("www.")


def _is_country(label: str) -> bool:
    return len(label) == 2 and label.isascii() and label.isalpha()


def _ending(labels: list[str]) -> int:
    """How many labels at the end of a host nobody bought: two of shop.co.uk, one of shop.nl."""
    return 2 if len(labels) > 1 and labels[-2] in SECOND_LEVELS and _is_country(labels[-1]) else 1


def kind_of(site: str) -> str | None:
    """What kind of site a host or the name of a source is, if it is well known."""
    host = host_name(site)
    if host in SITES:
        return str(SITES[host]["kind"])
    labels = host.split(".")
    ending, brand = labels[1:], SITES.get(labels[0])
    if not brand or brand["has_country_hosts"] != "true" or len(ending) != _ending(labels):
        return None
    return str(brand["kind"]) if ending == ["com"] or _is_country(ending[-1]) else None


def _takes_payments(host: str) -> bool:
    labels = host.split(".")
    bought = labels[-_ending(labels) - 1 :] if len(labels) > 1 else labels
    names = {host, ".".join(bought), bought[0]}
    return any(SITES[name]["is_payment"] == "true" for name in names & SITES.keys())


def _is_within(host: str, upper: str) -> bool:
    labels = upper.split(".")
    return host == upper or (len(labels) > _ending(labels) and host.endswith(f".{upper}"))


def _is_no_source(host: str, own_hosts: set[str]) -> bool:
    return _takes_payments(host) or any(_is_within(host, own) for own in own_hosts)


def _told(event: Row, own_hosts: set[str]) -> tuple[str | None, ...]:
    """Source, medium, campaign, click id and referring host of an event, each only if it is a source."""
    source, medium, campaign = (_name(event[name]) for name in ("source", "medium", "campaign"))
    if source and (medium or "").lower() == "referral" and _is_no_source(host_name(source), own_hosts):
        source = medium = campaign = None
    host = host_name(event["referrer_host"] or "") or None
    if host and _is_no_source(host, own_hosts):
        host = None
    return source, medium, campaign, _name(event["click_id_type"]), host


def traffic(events: Iterable[Row], own_hosts: set[str]) -> Row:
    """Source, medium and what else the first event tells that tells any; `own_hosts` are no source."""
    found: Row = {"source": "(direct)", "medium": "(none)", "campaign": None, "keyword": None}
    found |= {"click_id_type": None, "referrer_host": None}
    for event in events:
        source, medium, campaign, click, host = _told(event, own_hosts)
        if source or medium or campaign or click or host:
            pair = _pair(source, medium, (click or "").lower(), host)
            return {
                **dict(zip(("source", "medium"), pair, strict=True)),
                "campaign": campaign,
                "keyword": event["keyword"],
                "click_id_type": click.lower() if click else None,
                "referrer_host": host,
            }
        if (event["source"] or "").strip().lower() == "(not set)" and found["source"] == "(direct)":
            found |= {"source": "(not set)", "medium": "(not set)", "keyword": event["keyword"]}
    return found


def _pair(source: str | None, medium: str | None, click: str, host: str | None) -> tuple[str, str]:
    """Source and medium, each as told, else by the click, else by the referrer."""
    known = CLICKS.get(click)
    if known and known["is_paid"] == "true":
        if (medium or "").lower() in {"organic", "referral"}:
            return str(known["source"]), str(known["medium"])
        return source or str(known["source"]), medium or str(known["medium"])
    if source or medium:
        return source or "(not set)", medium or "(not set)"
    if known:
        return str(known["source"]), str(known["medium"])
    return (host, BY_REFERRER.get(kind_of(host) or "", "referral")) if host else ("(not set)", "(not set)")


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
        "AI Assistant": kind == "assistant" or medium == "ai-assistant",
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
