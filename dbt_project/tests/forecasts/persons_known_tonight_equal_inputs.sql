select inputs.person_id
from {{ ref('int_customer_inputs') }} as inputs
left join {{ ref('int_persons_known') }} as known
    on
        inputs.person_id = known.person_id
        and known.known_until_date is null
        and known.known_from_date <= {{ as_of_date() }}
where (known.known_as_person_id = inputs.person_id and known.has_consent = inputs.has_consent) is not true
