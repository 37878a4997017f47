-- Messages of a day by what they are, and of the whole day.
{% set kinds = ['opened', 'opened_by_machine', 'clicked', 'bounced', 'unsubscribed'] %}
with cut as (
    select
        messages.message_id,
        messages.person_id,
        messages.sent_date,
        case when cuts.is_total then '(all)' else {{ label('messages.channel') }} end as channel,
        case when cuts.is_total then '(all)' else {{ label('messages.campaign') }} end as campaign,
        case when cuts.is_total then '(all)' else {{ label('messages.trigger') }} end as trigger,
        {% for kind in kinds -%}
            case when messages.{{ kind }}_at is not null then 1 else 0 end as {{ kind }}_count,
        {% endfor -%}
        case when messages.order_count_7d is not null then 1 else 0 end as is_followed,
        case when messages.order_amount_7d is not null then 1 else 0 end as is_priced,
        case when messages.is_7d_complete then 1 else 0 end as is_complete
    from {{ ref('messages') }} as messages
    cross join (values (true), (false)) as cuts (is_total)
    where messages.sent_date is not null
),

-- An order counts once, however many of a row's messages it follows.
followed as (
    select distinct
        cut.sent_date,
        cut.channel,
        cut.campaign,
        cut.trigger,
        found.order_id,
        found.order_amount
    from cut
    inner join {{ ref('int_message_orders_found') }} as found on cut.message_id = found.message_id
),

ordered as (
    select
        sent_date,
        channel,
        campaign,
        trigger,
        count(*) as order_count,
        cast(sum(order_amount) as decimal(18, 4)) as order_amount
    from followed
    group by sent_date, channel, campaign, trigger
),

-- A shop that never sees an open, a click or what else happens to messages does not report it.
reported as (
    select
        {% for kind in kinds -%}
            max({{ kind }}_count) as {{ kind }}_count,
        {% endfor -%}
        count(*) as message_count
    from cut
),

summed as (
    select
        sent_date,
        channel,
        campaign,
        trigger,
        cast(count(*) as bigint) as message_count,
        cast(count(distinct person_id) as bigint) as person_count,
        {% for kind in kinds -%}
            cast(case when max(reported.{{ kind }}_count) > 0 then sum(cut.{{ kind }}_count) end as bigint)
                as {{ kind }}_message_count,
        {% endfor -%}
        max(is_followed) = 1 as is_followed,
        max(is_priced) = 1 as is_priced,
        min(is_complete) = 1 as is_7d_complete
    from cut
    cross join reported
    group by sent_date, channel, campaign, trigger
)

select
    summed.sent_date,
    summed.channel,
    summed.campaign,
    summed.trigger,
    summed.message_count,
    summed.person_count,
    {% for kind in kinds -%}
        summed.{{ kind }}_message_count,
    {% endfor -%}
    {{ ratio('summed.opened_message_count', 'summed.message_count') }} as open_ratio,
    {{ ratio('summed.clicked_message_count', 'summed.message_count') }} as click_ratio,
    cast(case when summed.is_followed then coalesce(ordered.order_count, 0) end as bigint) as order_count_7d,
    case
        when ordered.order_count > 0 then ordered.order_amount when summed.is_priced then {{ number('0') }}
    end as order_amount_7d,
    summed.is_7d_complete
from summed
left join ordered
    on
        summed.sent_date = ordered.sent_date
        and summed.channel = ordered.channel
        and summed.campaign = ordered.campaign
        and summed.trigger = ordered.trigger
