-- Everybody whom orders, returns, adjustments, service contacts or the customers' list tell of, once.
with told as (
    select
        person_id,
        person_kind,
        person_customer_id as customer_id,
        is_email_ambiguous
    from {{ ref('int_orders_identified') }}
    {% for model in [
        'int_customers_dated', 'int_returns_dated', 'int_adjustments_dated', 'int_service_contacts_dated'
    ] -%}
        union
        select
            'customer:' || customer_id,
            'customer',
            customer_id,
            false
        from {{ ref(model) }}
        where customer_id is not null
    {% endfor %}
)

select
    person_id,
    person_kind,
    customer_id,
    max(case when is_email_ambiguous then 1 else 0 end) = 1 as is_email_ambiguous
from told
group by all
