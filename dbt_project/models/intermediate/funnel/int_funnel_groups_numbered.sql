-- Groups of the funnel as numbers, which are quicker to sort and to group by than their names: each finest
-- group with every group that its sessions count in.
with different as (
    select distinct
        session_date,
        site,
        channel,
        coalesce(device_category, '(unknown)') as device_category,
        is_new_visitor
    from {{ ref('session_facts') }}
),

finest as (
    select
        *,
        row_number() over (
            order by
                session_date asc nulls last, site asc nulls last, channel asc nulls last,
                device_category asc nulls last, is_new_visitor asc nulls last
        ) as finest_number
    from different
),

-- By site or for all sites, each: whole, by channel, by device, by new and returning visitors.
splits as (
    select
        sites.by_site,
        parts.by_part
    from (values (true), (false)) as sites (by_site)
    cross join (values ('whole'), ('channel'), ('device'), ('visitors')) as parts (by_part)
),

grouped as (
    select
        finest.finest_number,
        finest.session_date,
        finest.site as own_site,
        finest.channel as own_channel,
        finest.device_category as own_device_category,
        finest.is_new_visitor,
        case when split.by_site then finest.site else '(all)' end as site,
        case when split.by_part = 'channel' then finest.channel else '(all)' end as channel,
        case when split.by_part = 'device' then finest.device_category else '(all)' end as device_category,
        case
            when split.by_part <> 'visitors' then '(all)'
            when finest.is_new_visitor then 'new'
            else 'returning'
        end as visitor_kind
    from finest
    cross join splits as split
)

select
    *,
    dense_rank() over (
        order by
            session_date asc nulls last, site asc nulls last, channel asc nulls last,
            device_category asc nulls last, visitor_kind asc nulls last
    ) as group_number
from grouped
