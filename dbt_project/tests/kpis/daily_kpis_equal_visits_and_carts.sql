with sessions as (
    select
        site,
        session_date as kpi_date,
        count(*) as session_count,
        sum(page_view_count) as page_view_count,
        count(case when is_bounce then 1 end) as bounce_count,
        count(case when is_new_visitor then 1 end) as new_visitor_count
    from {{ ref('session_facts') }}
    group by site, session_date
),

carts as (
    select
        site,
        opened_date as kpi_date,
        count(*) as cart_count,
        count(case when state = 'abandoned' then 1 end) as abandoned_cart_count
    from {{ ref('cart_facts') }}
    group by site, opened_date
),

days as (
    select * from {{ ref('daily_kpis') }}
    where site <> '(all)'
)

select
    coalesce(days.site, sessions.site, carts.site) as site,
    coalesce(days.kpi_date, sessions.kpi_date, carts.kpi_date) as kpi_date
from days
full outer join sessions on days.site = sessions.site and days.kpi_date = sessions.kpi_date
full outer join carts on days.site = carts.site and days.kpi_date = carts.kpi_date
where
    days.site is null
    or days.session_count <> coalesce(sessions.session_count, 0)
    or days.page_view_count <> coalesce(sessions.page_view_count, 0)
    or days.bounce_count <> coalesce(sessions.bounce_count, 0)
    or days.new_visitor_count <> coalesce(sessions.new_visitor_count, 0)
    or days.cart_count <> coalesce(carts.cart_count, 0)
    or days.abandoned_cart_count <> coalesce(carts.abandoned_cart_count, 0)
