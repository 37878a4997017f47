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
    and judged_month = max(judged_month) over ()
    and cut_date = max(cut_date) over (partition by judged_month) as is_current,
    told_probability,
    came_ratio
from {{ source('ops', 'back_test_bins') }}
