select
    judged_month,
    cut_date,
    contender,
    kind,
    bin_name,
    horizon_days,
    bin_customer_count as customer_count,
    contender = champion as is_champion,
    contender = champion
    -- Of all months: one that nothing could be back-tested for has no bins; no older one stands in for it.
    and judged_month = (select max(judged_month) from {{ source('ops', 'back_tests') }})
    and cut_date = max(cut_date) over (partition by judged_month) as is_current,
    told_probability,
    came_ratio
from {{ source('ops', 'back_test_bins') }}
