-- What customers and the shop said to each other until the end of the as-of day, on the shop's clock.
with told as (
    select
        person_id,
        0 as contact_count,
        cast(null as date) as contact_date,
        1 as message_count,
        case when opened_at is not null then 1 else 0 end as opened_count,
        case when clicked_at is not null then 1 else 0 end as clicked_count
    from {{ ref('int_messages_joined') }}
    where person_id is not null
    union all
    select
        person_id,
        1 as contact_count,
        contact_date,
        0 as message_count,
        0 as opened_count,
        0 as clicked_count
    from {{ ref('int_service_contacts_dated') }}
),

-- A shop that never sees an open or a click does not report them.
reported as (
    select
        sum(opened_count) as opened_count,
        sum(clicked_count) as clicked_count
    from told
)

select
    person_id,
    cast(sum(contact_count) as bigint) as service_contact_count,
    max(contact_date) as last_service_contact_date,
    cast(sum(message_count) as bigint) as message_count,
    case
        when max(reported.opened_count) > 0
            then {{ ratio('sum(told.opened_count)', 'sum(message_count)') }}
    end as message_open_ratio,
    case
        when max(reported.clicked_count) > 0
            then {{ ratio('sum(told.clicked_count)', 'sum(message_count)') }}
    end as message_click_ratio
from told
cross join reported
group by person_id
