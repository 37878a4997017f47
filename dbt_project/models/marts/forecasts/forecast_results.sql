{% set horizons, night = [30, 90, 365], 'told.as_of_date, followed.known_date' %}
-- Of those who ordered again: few, so that the many rows of forecasts need no grouping by person.
with came as (
    select
        {% for days in horizons -%}
            count(case when {{ day_diff('told.as_of_date', 'days.order_date') }} <= {{ days }} then 1 end)
                as orders_{{ days }},
            sum(
                case
                    when {{ day_diff('told.as_of_date', 'days.order_date') }} <= {{ days }}
                        then days.net_sales_amount
                end
            ) as net_sales_{{ days }},
        {% endfor -%}
        told.person_id,
        told.as_of_date
    from {{ source('predictions', 'customer_predictions_history') }} as told
    inner join {{ ref('int_forecasts_followed') }} as followed on told.as_of_date = followed.as_of_date
    inner join {{ ref('int_order_days_summed') }} as days
        on
            told.person_id = days.person_id
            and told.as_of_date < days.order_date
            and days.order_date <= {{ add_days('told.as_of_date', horizons | last) }}
    group by told.person_id, told.as_of_date
),

summed as (
    {% for days in horizons -%}
        {%- set orders = 'coalesce(came.orders_' ~ days ~ ', 0)' -%}
        {%- set expected = 'cast(told.expected_orders_' ~ days ~ 'd as decimal(18, 6))' -%}
        {%- set off = 'cast(round((' ~ orders ~ ' - ' ~ expected ~ ') * 1000, 0) as bigint)' -%}
        select
            told.as_of_date,
            cast({{ days }} as bigint) as horizon_days,
            {{ add_days('told.as_of_date', days) }} <= followed.known_date as is_complete,
            told.churn_band,
            count(*) as customer_count,
            cast(sum({{ expected }}) as decimal(18, 4)) as expected_order_count,
            cast(sum({{ orders }}) as bigint) as order_count,
            cast(sum(cast(told.no_order_{{ days }}d_probability as decimal(18, 9))) as decimal(18, 4))
                as expected_no_order_count,
            count(case when {{ orders }} = 0 then 1 end) as no_order_count,
            cast(sum(told.expected_spend_{{ days }}d_amount) as decimal(18, 4)) as expected_spend_amount,
            cast(coalesce(sum(came.net_sales_{{ days }}), 0) as decimal(18, 4)) as net_sales_amount,
            cast(sum({{ off }}) as bigint) as thousandths_off,
            cast(sum({{ off }} * {{ off }}) as decimal(38, 0)) as thousandths_squared
        from {{ source('predictions', 'customer_predictions_history') }} as told
        inner join {{ ref('int_forecasts_followed') }} as followed on told.as_of_date = followed.as_of_date
        left join came on told.person_id = came.person_id and told.as_of_date = came.as_of_date
        where told.expected_orders_{{ days }}d is not null
        group by grouping sets (({{ night }}), ({{ night }}, told.churn_band))
        {% if not loop.last %}union all
        {% endif %}
    {%- endfor %}
)

select
    as_of_date,
    horizon_days,
    coalesce(churn_band, '(all)') as churn_band,
    is_complete,
    customer_count,
    expected_order_count,
    order_count,
    case when is_complete then {{ ratio('expected_order_count', 'order_count') }} end as total_ratio,
    expected_no_order_count,
    no_order_count,
    case when is_complete then {{ ratio('expected_no_order_count', 'customer_count') }} end
        as told_no_order_ratio,
    case when is_complete then {{ ratio('no_order_count', 'customer_count') }} end as no_order_ratio,
    expected_spend_amount,
    net_sales_amount,
    case when is_complete then {{ ratio('expected_spend_amount', 'net_sales_amount') }} end
        as total_spend_ratio,
    case when is_complete then {{ ratio('thousandths_off', 'sqrt(cast(thousandths_squared as double))') }} end
        as deviation_score
from summed
