with kept as (
    select
        feed,
        -- A service contact may name no currency: its cost is in the shop's.
        case
            when feed = 'service_contacts' then coalesce(currency_code, '{{ var('reporting_currency') }}')
            else currency_code
        end as currency_code,
        sum(row_count) as row_count,
        sum(money_amount) as money_amount
    from {{ ref('int_row_outcomes') }}
    where
        outcome in ('kept', 'priced_later')
        and feed in (
            'orders', 'order_lines', 'returns', 'adjustments', 'payments', 'fulfilments', 'customers',
            'session_events', 'service_contacts', 'experiment_assignments'
        )
    group by all
),

shown_rows as (
    {% for feed, model, row_count, money in [
        ('orders', 'order_facts', '1', 'delivered_total_amount'),
        ('order_lines', 'order_line_facts', '1', 'delivered_gross_sales_amount - delivered_discount_amount'),
        ('returns', 'returns', 'case when part_number = 1 then 1 else 0 end', '-delivered_refund_amount'),
        ('adjustments', 'adjustments', '1', '-delivered_amount'),
        ('payments', 'payment_facts', '1', 'delivered_amount'),
        ('service_contacts', 'service_contacts', '1', '-coalesce(delivered_cost_amount, 0)'),
    ] -%}
        select
            '{{ feed }}' as feed,
            currency_code,
            {{ row_count }} as row_count,
            {{ money }} as money_amount
        from {{ ref(model) }}
        union all
    {% endfor -%}
    -- Rows without money. Engagement is no event of a session that any mart counts.
    {% for feed, model, row_count, which in [
        ('fulfilments', 'fulfilment_facts', '1', 'true'),
        ('customers', 'customers', '1', 'first_seen_at is not null'),
        ('experiment_assignments', 'experiments', '1', 'true'),
        ('session_events', 'session_facts', 'event_count', 'true'),
        ('session_events', 'excluded_traffic', 'event_count', 'true'),
        ('session_events', 'int_events_placed', '1', "event_type = 'engagement'"),
    ] -%}
        select
            '{{ feed }}',
            cast(null as {{ dbt.type_string() }}),
            {{ row_count }},
            0
        from {{ ref(model) }}
        where {{ which }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

shown as (
    select
        feed,
        currency_code,
        sum(row_count) as row_count,
        sum(money_amount) as money_amount
    from shown_rows
    group by feed, currency_code
)

select
    coalesce(kept.feed, shown.feed) as feed,
    coalesce(kept.currency_code, shown.currency_code) as currency_code,
    kept.row_count as kept_row_count,
    shown.row_count as shown_row_count,
    kept.money_amount as kept_money_amount,
    shown.money_amount as shown_money_amount
from kept
full outer join shown
    on kept.feed = shown.feed and kept.currency_code is not distinct from shown.currency_code
where
    kept.row_count is distinct from shown.row_count
    or kept.money_amount is distinct from shown.money_amount
