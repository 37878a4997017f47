"""Steps of the funnel, beside what was simulated: counts of every group of a day, and ratios of the whole."""

from __future__ import annotations

from mandje.simulate.visits.truth.funnel import FUNNEL
from mandje.simulate.world.sites import ALL_SITES
from mandje.truth.behaviour.visits import PEOPLE
from mandje.truth.tables.side_by_side import Pair

_GROUP = ("site", "session_date", "channel", "device_category", "visitor_kind")
_IS_WHOLE = " and ".join(f"{name} = '(all)'" for name in ("channel", "device_category", "visitor_kind"))


def _listed(mode: str) -> str:
    counts = ", ".join(["session_count", *(f"{mode}_{step}_count" for step in FUNNEL)])
    steps = ", ".join(f"'{step}'" for step in ("session", *FUNNEL))
    return f"""
        select site, visit_date as session_date, 'sessions' as unit, '{mode}' as mode,
            unnest([{steps}]) as step, unnest([{counts}]) as unit_count,
            unnest(range(1, {len(FUNNEL) + 2})) as step_number
        from truth.daily_visits where session_count > 0
    """


_VISITORS = """
    select site, visit_date, 'visitors', 'open', 'session', visitor_count, 1
    from truth.daily_visits where session_count > 0
"""

# All sessions of a site and day, and how many visitors had them: the truth's own days. Steps that nobody
# ever took are left out.
DAYS = Pair(
    "daily_funnel",
    ["site", "session_date", "unit", "mode", "step"],
    f"""
        with listed as ({_listed("open")} union all {_listed("closed")} union all {_VISITORS}),
        emitted as (select step from listed where mode = 'open' group by step having sum(unit_count) > 0)

        select *, unit_count / first_value(unit_count) over steps as to_first_ratio,
            unit_count / nullif(lag(unit_count) over steps, 0) as to_previous_ratio
        from listed where step in (from emitted)
        window steps as (partition by site, session_date, unit, mode order by step_number)
    """,
    f"""
        select site, session_date, unit, mode, step, unit_count, step_number, to_first_ratio,
            to_previous_ratio
        from shop.marts.daily_funnel
        where {_IS_WHOLE} and (unit = 'sessions' or (mode = 'open' and step = 'session'))
    """,
)


def _of_step(step: str, number: int) -> str:
    return f"""
        count(*) filter (has_{step}) as open_{step}_count,
        count(*) filter (closed_step_count >= {number}) as closed_{step}_count
    """


def _found(step: str, mode: str) -> str:
    count = f"max(unit_count) filter (step = '{step}' and mode = '{mode}')"
    return f"coalesce({count}, 0) as {mode}_{step}_count"


_ALL = ", ".join(f"coalesce({name}, '{ALL_SITES}') as {name}" for name in _GROUP if name != "session_date")
_FOUND = ", ".join(_found(step, mode) for step in FUNNEL for mode in ("open", "closed"))

# Each site and all of them; whole, by channel, by device, by new and returning visitors, and by all three.
GROUPS = Pair(
    "daily_funnel by group",
    _GROUP,
    f"""
        select {_ALL}, session_date, count(*) as open_session_count,
            {", ".join(_of_step(step, number) for number, step in enumerate(FUNNEL, start=2))}
        from (
            select *, started_date as session_date,
                case when is_new_visitor then 'new' else 'returning' end as visitor_kind
            from truth.sessions where {PEOPLE}
        )
        group by session_date, grouping sets ((site), ()), grouping sets (
            (), (channel), (device_category), (visitor_kind), (channel, device_category, visitor_kind)
        )
    """,
    f"""
        select {", ".join(_GROUP)}, {_found("session", "open")}, {_FOUND}
        from shop.marts.daily_funnel where unit = 'sessions' group by all
    """,
)
