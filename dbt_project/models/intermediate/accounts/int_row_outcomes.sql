with clocks as (
    select
        site as site_name,
        time_zone
    from {{ source('raw', 'sites') }}
),

waiting_orders as (
    select order_id
    from {{ ref('stg_orders') }}
    inner join clocks on site = site_name
    where {{ local_day('ordered_at', 'time_zone') }} > {{ as_of_date() }}
)

{% for name in feeds() %}
    {{ winners_counted(name) }}
    union all
    {{ losers_counted(name) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
