select
    person_id,
    frequency,
    recency_days,
    age_days
from {{ ref('int_customer_inputs') }}
where
    recency_days < 0
    or recency_days >= age_days
    or (frequency = 0) <> (recency_days = 0)
    or frequency > recency_days
    or spend_days > frequency
    or (mean_spend_amount is null) <> (spend_days = 0)
