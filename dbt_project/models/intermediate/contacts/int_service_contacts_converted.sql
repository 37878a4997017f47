-- Costs of service contacts in the reporting currency; contacts that name no cost are left out.
select
    contacts.contact_id,
    contacts.person_id,
    contacts.customer_id,
    contacts.order_id,
    {{ at_rate('contacts.cost_amount', 'rates.rate') }} as service_cost_amount
from {{ ref('int_service_contacts_dated') }} as contacts
inner join {{ ref('int_rates_found') }} as rates
    on contacts.rate_date = rates.rate_date and contacts.currency_code = rates.currency_code
where contacts.cost_amount is not null
