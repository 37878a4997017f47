"""Events of Klaviyo: what they tell of messages, and of whom."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from platform_shop import Json, PlatformShop, lines_of

NAMES = (
    "Received Email",
    "Opened Email",
    "Clicked Email",
    "Bounced Email",
    "Dropped Email",
    "Unsubscribed from Email Marketing",
    "Received SMS",
    "Placed Order",
)
METRICS = [{"type": "metric", "id": f"M{at}", "attributes": {"name": name}} for at, name in enumerate(NAMES)]
ADDRESSES = {"P1": ("noor@kade.example", "81"), "P2": (" Lena@Kade.example", None), "P3": (None, None)}
PROFILES = [
    {
        "type": "profile",
        "id": name,
        "attributes": {"email": address, "external_id": number, "first_name": "Noor", "phone_number": "+316"},
    }
    for name, (address, number) in ADDRESSES.items()
]
PERSONAL = ("Noor", "+316", "noor@", "lena@", "Lena", "token-9", "Hoi")


def event(number: int, name: str, message: str | None, profile: str = "P1", **properties: object) -> Json:
    own = {
        "$message_interaction": message,
        "Campaign Name": "Spring",
        "$message": "C1",
        "Subject": "Hoi Noor",
    }
    return {
        "type": "event",
        "id": f"e{number}",
        "attributes": {
            "timestamp": 1_777_622_400 + number,  # 2026-05-01 08:00 in UTC
            "datetime": f"2026-05-01 08:00:{number:02}+00:00",
            "event_properties": own | properties,
        },
        "relationships": {
            "profile": {"data": {"type": "profile", "id": profile}},
            "metric": {"data": {"type": "metric", "id": f"M{NAMES.index(name)}"}},
        },
    }


EVENTS = [
    event(1, "Received Email", "I1", **{"$flow": "F7"}),
    event(2, "Opened Email", "I1", machine_open=True),
    event(3, "Opened Email", "I1", machine_open=False, URL="https://x.example/?e=token-9"),
    event(4, "Clicked Email", "I1"),
    event(5, "Received SMS", "I2", "P2"),
    event(6, "Bounced Email", "I3", "P3"),
    event(7, "Dropped Email", "I4"),
    event(8, "Placed Order", None, **{"$message": None}),
    event(9, "Unsubscribed from Email Marketing", None, **{"$message": None}),
    event(10, "Unsubscribed from Email Marketing", "I1"),
]


def moment(second: int) -> datetime:
    return datetime(2026, 5, 1, 8, 0, second, tzinfo=UTC)


def delivered(
    tmp_path: Path,
    events: Sequence[Json] = EVENTS,
    profiles: Sequence[Json] = PROFILES,
    metrics: Sequence[Json] = METRICS,
) -> PlatformShop:
    files = {"e.jsonl": events, "p.jsonl": profiles, "m.jsonl": metrics}
    shop = PlatformShop(tmp_path, 'adapter = "klaviyo", id_prefix = "nl-"')
    return shop.deliver({name: lines_of(documents) for name, documents in files.items() if documents})


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> PlatformShop:
    return delivered(tmp_path_factory.mktemp("klaviyo"))


def test_every_row_has_its_destination(shop: PlatformShop) -> None:
    none = Decimal(0)
    assert shop.destinations() == [
        ("events", "message_events", 7, none),
        ("events", "skipped:no_message", 1, none),
        ("events", "skipped:no_message_event", 1, none),
        ("events", "skipped:not_delivered", 1, none),
        ("metrics", "skipped:looked_up", len(METRICS), none),
        ("profiles", "skipped:looked_up", len(PROFILES), none),
    ]
    assert [word for word in PERSONAL if word in shop.texts()] == []
    (other,) = shop.noted("unused_event")
    assert other == ("events", "Placed Order", 1)


def test_events_tell_what_happened_to_whom(shop: PlatformShop) -> None:
    columns = ("message_id", "kind", "event_at", "trigger", "customer_id", "campaign")
    assert shop.rows("message_events", *columns) == [
        ("nl-I1", "clicked", moment(4), None, "nl-81", "Spring"),
        ("nl-I1", "opened", moment(3), None, "nl-81", "Spring"),
        ("nl-I1", "opened_by_machine", moment(2), None, "nl-81", "Spring"),
        ("nl-I1", "sent", moment(1), "F7", "nl-81", "Spring"),
        ("nl-I1", "unsubscribed", moment(10), None, "nl-81", "Spring"),
        ("nl-I2", "sent", moment(5), None, None, "Spring"),
        ("nl-I3", "bounced", moment(6), None, None, "Spring"),
    ]
    hashes = dict(shop.rows("message_events", "message_id", "email_hash"))
    assert [len(hashes[name] or "") for name in ("nl-I1", "nl-I2", "nl-I3")] == [0, 64, 0]


def test_pages_as_they_came_are_the_same(shop: PlatformShop, tmp_path: Path) -> None:
    """A page over many lines, pages a line each, and a last one without anything."""
    page = {"data": EVENTS[:6], "included": PROFILES, "links": {"next": None}}
    files = {
        "events-1.json": json.dumps(page, indent=1),
        "events-2.jsonl": lines_of([{"links": {}, "data": [one]} for one in EVENTS[6:]]),
        "events-3.json": '{"data": [], "links": {"next": null}}',
        "profiles.json": json.dumps({"data": PROFILES}),
        "metrics.json": json.dumps(METRICS),
    }
    paged = PlatformShop(tmp_path, shop.options).deliver(files)
    assert paged.destinations() == shop.destinations()
    columns = ("message_id", "kind", "event_at", "campaign", "trigger", "customer_id")
    assert paged.rows("message_events", *columns) == shop.rows("message_events", *columns)


def test_a_message_to_many_is_one_persons_with_the_profile(tmp_path: Path) -> None:
    """Some accounts give the same id to what all got, or none to what one person got."""
    events = [
        event(1, "Received Email", "C1"),
        event(2, "Received Email", "C1", "P2"),
        event(3, "Opened Email", None, "P2"),
    ]
    shop = delivered(tmp_path, events)
    assert shop.rows("message_events", "message_id", "kind") == [
        ("nl-C1-P1", "sent"),
        ("nl-C1-P2", "opened"),
        ("nl-C1-P2", "sent"),
    ]


def test_an_open_by_a_machine_has_many_names(tmp_path: Path) -> None:
    names = ("machine_open", "$machine_open", "Machine Open", "Apple Privacy Open")
    opens = [event(at, "Opened Email", "I1", **{name: True}) for at, name in enumerate(names)]
    shop = delivered(tmp_path, opens)
    assert shop.rows("message_events", "kind") == [("opened_by_machine",)] * len(names)


def test_seconds_tell_the_time_where_nothing_else_does(tmp_path: Path) -> None:
    told = event(7, "Received Email", "I1")
    told["attributes"]["datetime"] = None
    assert delivered(tmp_path, [told]).rows("message_events", "event_at") == [(moment(7),)]


def test_two_events_of_one_second_and_one_told_twice_are_told_alike(tmp_path: Path) -> None:
    other = event(4, "Clicked Email", "I1", **{"Campaign Name": None, "URL": "https://x.example/2"}) | {
        "id": "x"
    }
    shop = delivered(tmp_path, [*EVENTS, EVENTS[3], other])
    clicks = [
        row for row in shop.rows("message_events", "kind", "event_at", "campaign") if row[0] == "clicked"
    ]
    assert clicks == [("clicked", moment(4), "Spring")] * 3
    assert shop.destinations()[0][2] == 9


@pytest.mark.parametrize(
    ("odd", "rule", "reason"),
    [
        (
            event(50, "Received Email", None, **{"$message": None}),
            "no_message",
            "Received Email, but neither",
        ),
        (
            event(50, "Received Email", "I9", "P77"),
            "no_profile",
            "no profile of this delivery has the id P77",
        ),
        (
            event(50, "Received Email", "I1", "P2"),
            "message_of_many",
            "its message I1 went to several profiles",
        ),
    ],
)
def test_an_event_that_nobody_can_place_is_refused(tmp_path: Path, odd: Json, rule: str, reason: str) -> None:
    many = [event(number, "Received Email", f"J{number}") for number in range(1, 50)]
    shop = delivered(
        tmp_path,
        [*many, odd] if rule != "message_of_many" else [*many, event(51, "Received Email", "I1"), odd],
    )
    rejected = shop.rejected()
    assert {one[:2] for one in rejected} == {("events", rule)}
    assert rejected[0][2].startswith(reason)
    assert len(shop.rows("message_events", "message_id")) == len(many)


def test_without_metrics_nothing_can_be_told(tmp_path: Path) -> None:
    refused = delivered(tmp_path, EVENTS * 3, metrics=[]).refusals()
    assert "unknown_metric" in refused
    assert "deliver metrics and profiles beside events" in refused


def test_cut_into_days_in_any_order_it_is_the_same(shop: PlatformShop, tmp_path: Path) -> None:
    cut = PlatformShop(tmp_path, shop.options)
    for day, part in enumerate((EVENTS[4:], EVENTS[:4])):
        files = {"e.jsonl": lines_of(part), "p.jsonl": lines_of(PROFILES), "m.jsonl": lines_of(METRICS)}
        cut.deliver(files, date(2026, 5, 7 + day))
    columns = ("message_id", "kind", "event_at", "campaign", "trigger", "customer_id")
    assert cut.rows("message_events", *columns) == shop.rows("message_events", *columns)
