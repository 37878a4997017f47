with steps as (
    select * from {{ ref('path_transitions') }}
),

-- Into a kind of page, less out of it; sessions come in at the start and go out at the exit.
balances as (
    select
        month_start_date,
        site,
        to_page_type as page_type,
        transition_count as balance
    from steps
    union all
    select
        month_start_date,
        site,
        from_page_type,
        -transition_count
    from steps
    union all
    select
        {{ month_start('sessions.session_date') }},
        sites.site,
        ends.page_type,
        ends.balance
    from {{ ref('session_facts') }} as sessions
    inner join {{ ref('int_sites_timed') }} as sites on sites.site in (sessions.site, '(all)')
    cross join (values ('(start)', 1), ('(exit)', -1)) as ends (page_type, balance)
)

select
    month_start_date,
    site,
    page_type
from balances
group by month_start_date, site, page_type
having sum(balance) <> 0
