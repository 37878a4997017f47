select
    judged_month,
    task,
    cut_date,
    method,
    champion,
    method = champion as is_champion,
    judged_month = max(judged_month) over () as is_current,
    unit_count,
    half_life_days,
    recall_at_10_ratio,
    precision_at_10_ratio,
    shown_product_count,
    recall_gain_ratio,
    recall_gain_standard_error_ratio,
    why
from {{ source('ops', 'recommendation_tests') }}
