-- Which products lay in which counted order of persons who may be profiled, as all that is known tonight.
select distinct
    lines.person_id,
    lines.order_id,
    lines.product_id,
    lines.order_date
from {{ ref('int_order_lines_converted') }} as lines
inner join {{ ref('int_customer_inputs') }} as persons on lines.person_id = persons.person_id
where lines.is_counted and lines.quantity > 0 and persons.has_consent
