"""Steps of the funnel, beside what was simulated: how many sessions of every group and day did each."""

from __future__ import annotations

from mandje.simulate.visits.truth.funnel import FUNNEL
from mandje.simulate.world.sites import ALL_SITES
from mandje.truth.behaviour.visits import PEOPLE
from mandje.truth.tables.side_by_side import Pair

_GROUP = ("site", "session_date", "channel", "device_category", "visitor_kind")
_IS_WHOLE = " and ".join(f"{name} = '(all)'" for name in ("channel", "device_category", "visitor_kind"))
_COUNTS = ", ".join(f"{step}_session_count, closed_{step}_session_count" for step in FUNNEL)


def _told(step: str) -> str:
    """Both counts of a step, empty where nobody ever took it: such a shop does not emit it."""
    is_emitted = f"sum(open_{step}_count) over () > 0"
    return f"""
        case when {is_emitted} then open_{step}_count end as {step}_session_count,
        case when {is_emitted} then closed_{step}_count end as closed_{step}_session_count
    """


_TOLD = ", ".join(_told(step) for step in FUNNEL)

# All sessions of a site and day, and how many visitors had them: the truth's own days.
DAYS = Pair(
    "daily_funnel",
    ["site", "session_date"],
    f"""
        select site, visit_date as session_date, session_count, visitor_count, {_TOLD}
        from truth.daily_visits where session_count > 0
    """,
    f"""
        select site, session_date, session_count, visitor_count, {_COUNTS}
        from shop.marts.daily_funnel where {_IS_WHOLE}
    """,
)


def _counted(step: str, number: int) -> str:
    return f"""
        count(*) filter (has_{step}) as open_{step}_count,
        count(*) filter (closed_step_count >= {number}) as closed_{step}_count
    """


_ALL = ", ".join(f"coalesce({name}, '{ALL_SITES}') as {name}" for name in _GROUP if name != "session_date")
_COUNTED = ", ".join(_counted(step, number) for number, step in enumerate(FUNNEL, start=2))

# Each site and all of them; whole, by channel, by device, and by new and returning visitors.
GROUPS = Pair(
    "daily_funnel by group",
    _GROUP,
    f"""
        with counted as (
            select {_ALL}, session_date, count(*) as session_count, {_COUNTED}
            from (
                select *, started_date as session_date,
                    case when is_new_visitor then 'new' else 'returning' end as visitor_kind
                from truth.sessions where {PEOPLE}
            )
            group by session_date, grouping sets ((site), ()), grouping sets (
                (), (channel), (device_category), (visitor_kind)
            )
        )

        select {", ".join(_GROUP)}, session_count, {_TOLD} from counted
    """,
    f"""
        select {", ".join(_GROUP)}, session_count, {_COUNTS} from shop.marts.daily_funnel
    """,
)
