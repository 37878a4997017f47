-- Messages sent by the end of the as-of day, on the shop's clock, each with all that is told of it: by its
-- own row, and by what happened to it in any delivery. The earliest of each kind counts.
{% set clock = "'" ~ var('time_zone') ~ "'" %}
with told as (
    select
        message_id,
        true as is_own,
        customer_id,
        email_hash,
        channel,
        campaign,
        trigger,
        sent_at,
        case
            when {{ local_day('opened_at', clock) }} <= {{ as_of_date() }} then opened_at
        end as opened_at,
        case
            when {{ local_day('clicked_at', clock) }} <= {{ as_of_date() }} then clicked_at
        end as clicked_at,
        case when false then sent_at end as opened_by_machine_at,
        case when false then sent_at end as bounced_at,
        case when false then sent_at end as unsubscribed_at
    from {{ ref('stg_messages') }}
    where sent_at is null or {{ local_day('sent_at', clock) }} <= {{ as_of_date() }}
    union all
    select
        message_id,
        false,
        customer_id,
        email_hash,
        channel,
        campaign,
        trigger,
        case when kind = 'sent' then event_at end,
        case when kind = 'opened' then event_at end,
        case when kind = 'clicked' then event_at end,
        case when kind = 'opened_by_machine' then event_at end,
        case when kind = 'bounced' then event_at end,
        case when kind = 'unsubscribed' then event_at end
    from {{ ref('stg_message_events') }}
    where {{ local_day('event_at', clock) }} <= {{ as_of_date() }}
),

joined as (
    select
        message_id,
        coalesce(max(case when is_own then customer_id end), min(customer_id)) as customer_id,
        coalesce(max(case when is_own then email_hash end), min(email_hash)) as email_hash,
        coalesce(max(case when is_own then campaign end), min(campaign)) as campaign,
        coalesce(max(case when is_own then channel end), min(channel)) as channel,
        coalesce(max(case when is_own then trigger end), min(trigger)) as trigger,
        min(sent_at) as sent_at,
        min(opened_at) as opened_at,
        min(clicked_at) as clicked_at,
        min(opened_by_machine_at) as opened_by_machine_at,
        min(bounced_at) as bounced_at,
        min(unsubscribed_at) as unsubscribed_at
    from told
    group by message_id
)

select
    joined.message_id,
    coalesce(joined.customer_id, emails.customer_id) as customer_id,
    joined.campaign,
    joined.channel,
    joined.trigger,
    joined.sent_at,
    {{ local_day('joined.sent_at', clock) }} as sent_date,
    joined.opened_at,
    joined.clicked_at,
    joined.opened_by_machine_at,
    joined.bounced_at,
    joined.unsubscribed_at,
    coalesce(
        'customer:' || coalesce(joined.customer_id, emails.customer_id), 'email:' || joined.email_hash
    ) as person_id
from joined
left join {{ ref('int_emails_resolved') }} as emails on joined.email_hash = emails.email_hash
