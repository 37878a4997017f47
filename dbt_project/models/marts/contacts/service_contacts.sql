select
    contacts.contact_id,
    contacts.person_id,
    contacts.customer_id,
    contacts.found_order_id as order_id,
    contacts.named_order_id,
    contacts.channel,
    contacts.topic,
    contacts.contacted_at,
    contacts.contact_date,
    contacts.order_date,
    {{ day_diff('contacts.order_date', 'contacts.contact_date') }} as days_since_order,
    contacts.currency_code,
    '{{ var('reporting_currency') }}' as reporting_currency_code,
    contacts.cost_amount as delivered_cost_amount,
    converted.service_cost_amount as cost_amount
from {{ ref('int_service_contacts_dated') }} as contacts
left join {{ ref('int_service_contacts_converted') }} as converted
    on contacts.contact_id = converted.contact_id
