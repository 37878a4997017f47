-- Apart from the KPI tables: this is other every night, while their old months stay as they are.
select
    kpis.grain as period_kind,
    kpis.period_start_date,
    kpis.site,
    {{ as_of_date() }} as as_of_date,
    kpis.new_customer_count,
    case when kpis.new_customer_count is not null then coalesce(valued.valued_new_customer_count, 0) end
        as valued_new_customer_count,
    {{ money_quotient('valued.predicted_value_amount', 'valued.valued_new_customer_count') }}
        as clv_365d_amount
from {{ ref('int_kpis_measured') }} as kpis
left join {{ ref('int_new_customers_valued') }} as valued
    on
        kpis.grain = valued.grain
        and kpis.site = valued.site
        and kpis.period_start_date = valued.period_start_date
