-- What persons who may be profiled bought, and from when until when it was known. Lines are those of the
-- order's winning version: what lines an order had before is not kept.
select distinct
    owners.person_id,
    owners.order_id,
    lines.product_id,
    owners.order_date,
    greatest(owners.known_from_date, persons.known_from_date) as known_from_date,
    least(owners.known_until_date, persons.known_until_date) as known_until_date
from {{ ref('int_order_owners_dated') }} as owners
inner join {{ ref('int_order_lines_converted') }} as lines on owners.order_id = lines.order_id
inner join {{ ref('int_persons_known') }} as persons
    on
        owners.person_id = persons.person_id
        and coalesce(owners.known_from_date < persons.known_until_date, true)
        and coalesce(owners.known_until_date > persons.known_from_date, true)
where lines.quantity > 0 and persons.has_consent
