with configured as (
    select
        site,
        {{ listed_texts('host') }} as configured_hosts
    from (
        select
            site,
            nullif(site, site) as host
        from {{ source('raw', 'sites') }}
        {% for one in var('site_hosts') -%}
            union all
            select
                {{ as_text(one.site) }} as site,
                {{ as_text(one.host) }} as host
        {% endfor -%}
    ) as settings
    group by site
),

named as (
    select
        site,
        event_date,
        {{ host_name('host') }} as host
    from {{ ref('int_events_sessionised') }}
),

hosts as (
    select
        site,
        host,
        min(event_date) as first_visit_date,
        max(event_date) as last_visit_date,
        count(*) as event_count,
        sum(count(host)) over (partition by site) as named_event_count
    from named
    group by site, host
),

-- Now and then an event tells of a host that nobody owns: a translated page, or who sends events in jest.
visited as (
    select
        site,
        min(first_visit_date) as first_visit_date,
        max(last_visit_date) as last_visit_date,
        {{ listed_texts(
            "case when 1000 * event_count >= named_event_count and not "
            ~ is_listed('host', var('internal_hosts')) ~ " then nullif(host, '') end"
        ) }} as seen_hosts
    from hosts
    group by site
),

ordered as (
    select
        site,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date
    from {{ ref('int_orders_dated') }}
    group by site
)

select
    sites.site,
    sites.time_zone,
    sites.currency_code,
    configured.configured_hosts,
    visited.seen_hosts,
    ordered.first_order_date,
    ordered.last_order_date,
    visited.first_visit_date,
    visited.last_visit_date
from {{ source('raw', 'sites') }} as sites
inner join configured on sites.site = configured.site
left join visited on sites.site = visited.site
left join ordered on sites.site = ordered.site
