{% set is_new = day_diff('customers.first_order_date', 'valued.as_of_date') ~ ' < ' ~ young_days() %}
-- The last 12 whole months whose spend is known.
with months as (
    select month_start_date
    from {{ ref('channel_performance') }}
    where site = '(all)' and channel = '(all)' and is_complete and spend_amount is not null
    qualify row_number() over (order by month_start_date desc nulls last) <= 12
),

spent as (
    select
        performance.channel,
        cast(sum(performance.spend_amount) as decimal(18, 4)) as spend_amount,
        cast(sum(performance.new_customer_count) as bigint) as acquired_customer_count,
        count(case when performance.spend_amount > 0 then 1 end) as spend_month_count,
        count(case when performance.payback_state = 'paid_back' then 1 end) as paid_back_month_count
    from {{ ref('channel_performance') }} as performance
    inner join months on performance.month_start_date = months.month_start_date
    where performance.site = '(all)'
    group by performance.channel
),

persons as (
    select
        customers.first_order_last_non_direct_channel as channel,
        valued.predicted_value_365d_amount,
        valued.historic_contribution_amount,
        valued.historic_net_sales_amount,
        {{ is_new }} as is_new,
        {{ is_new }} and valued.predicted_value_365d_amount is not null as is_valued_new,
        months.month_start_date is not null as is_acquired
    from {{ ref('customers') }} as customers
    inner join {{ ref('customer_value') }} as valued on customers.person_id = valued.person_id
    left join months on {{ month_start('customers.first_order_date') }} = months.month_start_date
    where customers.order_count > 0
),

summed as (
    select
        coalesce(channel, '(all)') as channel,
        count(*) as customer_count,
        count(predicted_value_365d_amount) as valued_customer_count,
        count(case when is_new then 1 end) as new_customer_count,
        count(case when is_valued_new then 1 end) as valued_new_customer_count,
        {% for name in [
            'historic_net_sales_amount', 'historic_contribution_amount', 'predicted_value_365d_amount'
        ] -%}
            cast(sum({{ name }}) as decimal(18, 4)) as {{ name }},
        {% endfor -%}
        cast(sum(case when is_acquired then historic_contribution_amount else 0 end) as decimal(18, 4))
            as acquired_contribution_amount,
        cast(sum(case when is_valued_new then historic_contribution_amount end) as decimal(18, 4))
            as new_historic,
        cast(sum(case when is_valued_new then predicted_value_365d_amount end) as decimal(18, 4))
            as new_predicted
    from persons
    group by grouping sets ((channel), ())
),

joined as (
    select
        coalesce(summed.channel, spent.channel) as channel,
        {% for name in [
            'customer_count', 'valued_customer_count', 'new_customer_count', 'valued_new_customer_count'
        ] -%}
            coalesce(summed.{{ name }}, 0) as {{ name }},
        {% endfor -%}
        {% for name in [
            'historic_net_sales_amount', 'historic_contribution_amount', 'acquired_contribution_amount'
        ] -%}
            coalesce(summed.{{ name }}, {{ number('0') }}) as {{ name }},
        {% endfor -%}
        summed.predicted_value_365d_amount,
        {% for name in ['acquired_customer_count', 'spend_month_count', 'paid_back_month_count'] -%}
            coalesce(spent.{{ name }}, 0) as {{ name }},
        {% endfor -%}
        spent.spend_amount,
        {{ money_quotient('spent.spend_amount', 'spent.acquired_customer_count') }} as cpa_amount,
        {% for when in ['historic', 'predicted'] -%}
            {{ money_quotient('summed.new_' ~ when, 'summed.valued_new_customer_count') }}
                as new_customer_{{ when }}_amount,
        {% endfor -%}
        {{ money_quotient('summed.new_historic + summed.new_predicted', 'summed.valued_new_customer_count') }}
            as max_acquisition_cost_amount
    from summed
    full outer join spent on summed.channel = spent.channel
)

select
    joined.*,
    history.as_of_date,
    {{ money_quotient('joined.historic_contribution_amount', 'joined.customer_count') }}
        as mean_historic_contribution_amount,
    {{ money_quotient('joined.predicted_value_365d_amount', 'joined.valued_customer_count') }}
        as mean_predicted_value_amount,
    {{ ratio('joined.max_acquisition_cost_amount', 'joined.cpa_amount') }} as value_to_cpa_ratio,
    {{ ratio('joined.acquired_contribution_amount', 'joined.spend_amount') }} as paid_back_ratio
from joined
cross join {{ ref('int_history_bounded') }} as history
