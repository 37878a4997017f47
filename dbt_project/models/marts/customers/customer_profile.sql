select
    customers.person_id,
    customers.customer_id,
    customers.person_kind,
    valued.as_of_date,
    customers.country_code,
    customers.postal_area,
    customers.gender,
    customers.birth_year,
    customers.first_seen_date,
    customers.first_order_channel,
    customers.first_order_last_non_direct_channel,
    customers.first_touch_channel,
    customers.first_order_date,
    customers.last_order_date,
    case
        when customers.person_kind = 'order' then 'guest'
        when not customers.has_profiling_consent then 'no_consent'
    end as reason,
    customers.order_count,
    coalesce(baskets.online_order_count, 0) as online_order_count,
    coalesce(baskets.store_order_count, 0) as store_order_count,
    coalesce(baskets.other_order_count, 0) as other_order_count,
    coalesce(baskets.returned_order_count, 0) as returned_order_count,
    coalesce(contacts.service_contact_count, 0) as service_contact_count,
    contacts.last_service_contact_date,
    customers.net_sales_amount as historic_net_sales_amount,
    customers.contribution_amount as historic_contribution_amount,
    customers.returned_amount,
    baskets.average_order_value_amount,
    baskets.return_ratio,
    {{ ratio('customers.discount_amount', 'customers.gross_sales_amount') }} as discount_ratio,
    -- From here on: of those only who may be profiled.
    valued.rfm_segment,
    case when {{ may_be_profiled('customers') }} then baskets.favourite_category end as favourite_category,
    case when {{ may_be_profiled('customers') }} then baskets.favourite_category_ratio end
        as favourite_category_ratio,
    habits.usual_weekday,
    habits.usual_weekday_ratio,
    habits.usual_hour,
    habits.usual_hour_ratio,
    habits.usual_interval_days,
    habits.usual_interval_ratio,
    visits.session_count,
    visits.last_session_date,
    visits.device_category_count,
    visits.main_device_category,
    visits.main_device_ratio,
    visits.abandoned_cart_count,
    visits.abandoned_cart_amount,
    visits.last_abandoned_cart_date,
    case
        when {{ may_be_profiled('customers') }} and customers.customer_id is not null
            then coalesce(contacts.message_count, 0)
    end as message_count,
    case when {{ may_be_profiled('customers') }} then contacts.message_open_ratio end as message_open_ratio,
    case when {{ may_be_profiled('customers') }} then contacts.message_click_ratio end as message_click_ratio,
    valued.predicted_value_365d_amount,
    valued.value_decile,
    valued.high_potential_reason,
    valued.churn_probability,
    valued.churn_band,
    valued.value_at_risk_amount,
    valued.overdue_ratio,
    valued.next_order_median_date,
    customers.is_email_ambiguous,
    customers.has_marketing_consent,
    customers.has_profiling_consent
from {{ ref('customers') }} as customers
inner join {{ ref('customer_value') }} as valued on customers.person_id = valued.person_id
left join {{ ref('int_person_baskets_summed') }} as baskets on customers.person_id = baskets.person_id
left join {{ ref('int_person_contacts_summed') }} as contacts on customers.person_id = contacts.person_id
left join {{ ref('int_person_habits_found') }} as habits on customers.person_id = habits.person_id
left join {{ ref('int_person_visits_summed') }} as visits on customers.person_id = visits.person_id
