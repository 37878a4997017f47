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
        cast(sum(historic_net_sales_amount) as decimal(18, 4)) as historic_net_sales_amount,
        cast(sum(historic_contribution_amount) as decimal(18, 4)) as historic_contribution_amount,
        cast(sum(predicted_value_365d_amount) as decimal(18, 4)) as predicted_value_365d_amount,
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
        coalesce(summed.customer_count, 0) as customer_count,
        coalesce(summed.valued_customer_count, 0) as valued_customer_count,
        coalesce(summed.new_customer_count, 0) as new_customer_count,
        coalesce(summed.valued_new_customer_count, 0) as valued_new_customer_count,
        coalesce(summed.historic_net_sales_amount, {{ number('0') }}) as historic_net_sales_amount,
        coalesce(summed.historic_contribution_amount, {{ number('0') }}) as historic_contribution_amount,
        coalesce(summed.acquired_contribution_amount, {{ number('0') }}) as acquired_contribution_amount,
        summed.predicted_value_365d_amount,
        coalesce(spent.acquired_customer_count, 0) as acquired_customer_count,
        coalesce(spent.spend_month_count, 0) as spend_month_count,
        coalesce(spent.paid_back_month_count, 0) as paid_back_month_count,
        spent.spend_amount,
        {{ money_quotient('spent.spend_amount', 'spent.acquired_customer_count') }} as cpa_amount,
        {{ money_quotient('summed.new_historic', 'summed.valued_new_customer_count') }}
            as new_customer_historic_amount,
        {{ money_quotient('summed.new_predicted', 'summed.valued_new_customer_count') }}
            as new_customer_predicted_amount,
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
