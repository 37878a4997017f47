{% set shown = [
    ('landing_pages', "landing_page_type = '(all)'", {
        'session_count': 'session_count', 'engaged_session_count': 'engaged_session_count',
        'page_view_count': 'page_view_count', 'order_session_count': 'order_session_count',
        'order_count': 'order_count', 'revenue_amount': 'revenue_amount',
    }),
    ('landing_pages', "landing_page_type <> '(all)' and landing_page_path = '(all)'", {
        'session_count': 'session_count', 'revenue_amount': 'revenue_amount',
    }),
    ('page_performance', "page_path = '(all)'", {
        'session_count': 'session_count', 'page_view_count': 'page_view_count',
        'exit_session_count': 'session_count', 'landing_session_count': 'session_count',
    }),
    ('search_terms', "search_term = '(all)'", {'search_count': 'search_count'}),
    ('keyword_performance', "keyword = '(all)'", {'session_count': 'keyword_session_count'}),
] %}
with bought as (
    select
        session_id,
        count(*) as order_count,
        sum(revenue_amount) as revenue_amount
    from {{ ref('int_session_orders_placed') }}
    group by session_id
),

facts as (
    select
        {{ month_start('sessions.session_date') }} as month_start_date,
        sites.site,
        count(*) as session_count,
        count(case when sessions.is_engaged then 1 end) as engaged_session_count,
        count(case when {{ traffic_name('sessions.keyword') }} is not null then 1 end)
            as keyword_session_count,
        sum(sessions.page_view_count) as page_view_count,
        sum(sessions.search_count) as search_count,
        count(bought.session_id) as order_session_count,
        coalesce(sum(bought.order_count), 0) as order_count,
        coalesce(sum(bought.revenue_amount), 0) as revenue_amount
    from {{ ref('session_facts') }} as sessions
    inner join {{ ref('int_sites_timed') }} as sites on sites.site in (sessions.site, '(all)')
    left join bought on sessions.session_id = bought.session_id
    group by all
),

-- What the facts say less what the mart says.
balances as (
    {% for mart, rows, columns in shown %}
        {% set number = loop.index %}
        {% for column, fact in columns.items() %}
            select
                '{{ mart }} {{ number }} {{ column }}' as figure,
                month_start_date,
                site,
                cast({{ fact }} as decimal(38, 4)) as balance
            from facts
            union all
            select
                '{{ mart }} {{ number }} {{ column }}',
                month_start_date,
                site,
                -cast({{ column }} as decimal(38, 4))
            from {{ ref(mart) }}
            where {{ rows }}
            {{ 'union all' if not loop.last }}
        {% endfor %}
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    figure,
    month_start_date,
    site
from balances
group by figure, month_start_date, site
having sum(balance) <> 0
