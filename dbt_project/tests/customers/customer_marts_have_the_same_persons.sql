{{ config(tags=['after_predictions']) }}
select coalesce(valued.person_id, segments.person_id, profiles.person_id) as person_id
from {{ ref('customer_value') }} as valued
full outer join {{ ref('customer_rfm') }} as segments on valued.person_id = segments.person_id
full outer join {{ ref('customer_profile') }} as profiles on valued.person_id = profiles.person_id
where
    valued.person_id is null
    or profiles.person_id is null
    or (valued.order_count > 0) <> (segments.person_id is not null)
    or (segments.person_id is not null and (segments.rfm_segment is null) = (segments.reason is null))
    or valued.order_count
    <> profiles.online_order_count + profiles.store_order_count + profiles.other_order_count
    or (profiles.reason is not null and coalesce(
        profiles.rfm_segment, profiles.favourite_category, profiles.main_device_category, profiles.churn_band
    ) is not null)
