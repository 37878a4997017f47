"""TheLook's own sessions beside those cut by silence: every difference has a name and a number."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from mandje.shop.settings import Shop
from mandje.warehouse.build import dbt_variables, register_partitions
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.dbt import run_dbt
from thelook_shop import make_thelook_events

AS_OF = date(2025, 11, 28)
GAP = timedelta(minutes=30)

# Visitor, native session, moment, session.
Event = tuple[str, str, datetime, str]


@pytest.fixture(scope="module")
def thelook(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop, partition = make_thelook_events(tmp_path_factory.mktemp("thelook"))
    register_partitions(shop, AS_OF, [partition], [])
    types = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    chosen = ("--select", "+sessions", "+excluded_traffic", *types)
    results = run_dbt(shop, "build", chosen, dbt_variables(shop, AS_OF))
    assert [one.message for one in results if one.status != "success"] == []
    return shop


def ask(shop: Shop, query: str) -> list[tuple[Any, ...]]:
    with open_warehouse(shop, read_only=True) as connection:
        return connection.execute(query).fetchall()


def classes(events: Iterable[Event]) -> dict[str, str]:
    """Native sessions with how they differ, by the moments of events alone.

    `silent`: a silence of the visitor lies between two of its events. `adjoining`: an event of another native
    session of the visitor lies next to one of its own, without a silence.
    """
    visitors: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for visitor, native, at, _ in events:
        visitors[visitor].append((at, native))
    found: dict[str, set[str]] = defaultdict(set)
    for visits in visitors.values():
        visits.sort()
        stretches: dict[str, set[int]] = defaultdict(set)
        stretch = 0
        for place, (at, native) in enumerate(visits):
            before = visits[place - 1] if place else None
            if before and at - before[0] > GAP:
                stretch += 1
            elif before and before[1] != native:
                found[native].add("adjoining")
                found[before[1]].add("adjoining")
            stretches[native].add(stretch)
        for native, own in stretches.items():
            found[native] |= {"silent"} if len(own) > 1 else set()
    return {native: " and ".join(sorted(kinds)) or "the same" for native, kinds in found.items()}


def test_every_native_session_is_the_same_or_differs_for_a_known_reason(thelook: Shop) -> None:
    events = ask(
        thelook,
        "SELECT visitor_id, native_session_id, event_at, session_id FROM intermediate.int_events_sessionised",
    )
    kinds = classes(events)
    assert Counter(kinds.values()) == {
        "the same": 15_871,
        "silent": 1_650,  # cut at a silence of over 30 minutes
        "adjoining": 347,  # joined with another one of the visitor that goes on without a silence
        "adjoining and silent": 1_475,
    }
    assert len(kinds) == 19_343
    natives, sessions = defaultdict(set), defaultdict(set)
    for _, native, _, session in events:
        natives[session].add(native)
        sessions[native].add(session)
    for native, kind in kinds.items():
        assert (len(sessions[native]) > 1) == ("silent" in kind)
        assert any(len(natives[session]) > 1 for session in sessions[native]) == ("adjoining" in kind)


def test_sessions_channels_and_visitors(thelook: Shop) -> None:
    assert ask(
        thelook,
        "SELECT count(*), sum(event_count), sum(page_view_count), count(*) FILTER (is_engaged),"
        " count(*) FILTER (is_new_visitor) FROM marts.sessions",
    ) == [(21_319, 76_886, 49_529, 18_269, 15_198)]
    assert dict(ask(thelook, "SELECT channel, count(*) FROM marts.sessions GROUP BY channel")) == {
        "Email": 9_568,
        "Paid Search": 6_520,
        "Organic Video": 2_155,
        "Organic Social": 2_009,
        "Organic Search": 1_067,
    }
    assert ask(thelook, "SELECT count(*) FROM marts.excluded_traffic") == [(0,)]
