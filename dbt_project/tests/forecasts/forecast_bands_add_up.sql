{{ config(tags=['after_predictions']) }}
select
    as_of_date,
    horizon_days
from {{ ref('forecast_results') }}
group by as_of_date, horizon_days
having
    sum(case when churn_band = '(all)' then customer_count else -customer_count end) <> 0
    or sum(case when churn_band = '(all)' then order_count else -order_count end) <> 0
    or sum(case when churn_band = '(all)' then no_order_count else -no_order_count end) <> 0
    or sum(case when churn_band = '(all)' then net_sales_amount else -net_sales_amount end) <> 0
