select
    customers.person_id,
    customers.customer_id,
    customers.person_kind,
    valued.as_of_date,
    {% for name in [
        'country_code', 'postal_area', 'gender', 'birth_year', 'first_seen_date', 'first_order_channel',
        'first_order_last_non_direct_channel', 'first_touch_channel', 'first_order_date', 'last_order_date'
    ] -%}
        customers.{{ name }},
    {% endfor -%}
    case
        when customers.person_kind = 'order' then 'guest'
        when not customers.has_profiling_consent then 'no_consent'
    end as reason,
    customers.order_count,
    {% for name in [
        'online_order_count', 'store_order_count', 'other_order_count', 'returned_order_count'
    ] -%}
        coalesce(baskets.{{ name }}, 0) as {{ name }},
    {% endfor -%}
    coalesce(contacts.service_contact_count, 0) as service_contact_count,
    contacts.last_service_contact_date,
    customers.net_sales_amount as historic_net_sales_amount,
    customers.contribution_amount as historic_contribution_amount,
    customers.returned_amount,
    baskets.average_order_value_amount,
    baskets.return_ratio,
    -- From here on: of those only who may be profiled.
    valued.rfm_segment,
    {% for name in ['favourite_category', 'favourite_category_ratio'] -%}
        case when {{ may_be_profiled('customers') }} then baskets.{{ name }} end as {{ name }},
    {% endfor -%}
    {% for name in ['weekday', 'weekday_ratio', 'hour', 'hour_ratio', 'interval_days', 'interval_ratio'] -%}
        habits.usual_{{ name }},
    {% endfor -%}
    {% for name in [
        'session_count', 'last_session_date', 'device_category_count', 'main_device_category',
        'main_device_ratio', 'abandoned_cart_count', 'abandoned_cart_amount', 'last_abandoned_cart_date'
    ] -%}
        visits.{{ name }},
    {% endfor -%}
    case
        when {{ may_be_profiled('customers') }} and customers.customer_id is not null
            then coalesce(contacts.message_count, 0)
    end as message_count,
    {% for name in ['message_open_ratio', 'message_click_ratio'] -%}
        case when {{ may_be_profiled('customers') }} then contacts.{{ name }} end as {{ name }},
    {% endfor -%}
    {% for name in [
        'predicted_value_365d_amount', 'value_decile', 'high_potential_reason', 'churn_probability',
        'churn_band', 'value_at_risk_amount', 'overdue_ratio', 'next_order_median_date'
    ] -%}
        valued.{{ name }},
    {% endfor -%}
    customers.is_email_ambiguous,
    customers.has_marketing_consent,
    customers.has_profiling_consent
from {{ ref('customers') }} as customers
inner join {{ ref('customer_value') }} as valued on customers.person_id = valued.person_id
{% for name in ['baskets_summed', 'contacts_summed', 'habits_found', 'visits_summed'] -%}
    left join {{ ref('int_person_' ~ name) }} as {{ name.split('_')[0] }}
        on customers.person_id = {{ name.split('_')[0] }}.person_id
{% endfor %}
