-- Return lines in parts, each against one order or none, with the line's money split by quantity: every part
-- is rounded half away from zero, and the last one takes what remains.
with matched as (
    select
        return_id,
        line_number,
        order_id,
        sale_number,
        quantity,
        'matched' as match_kind
    from {{ ref('int_returns_matched') }}
),

unmatched as (
    select
        returns.return_id,
        returns.line_number,
        returns.linked_order_id as order_id,
        cast(-1 as bigint) as sale_number,
        cast(returns.quantity - coalesce(sum(matched.quantity), 0) as decimal(18, 4)) as quantity,
        case when returns.linked_order_id is null then 'unmatched' else 'linked' end as match_kind
    from {{ ref('int_returns_dated') }} as returns
    left join matched
        on returns.return_id = matched.return_id and returns.line_number = matched.line_number
    group by returns.return_id, returns.line_number, returns.linked_order_id, returns.quantity
    having count(matched.order_id) = 0 or returns.quantity > coalesce(sum(matched.quantity), 0)
),

numbered as (
    select
        parts.return_id,
        parts.line_number,
        parts.order_id,
        parts.match_kind,
        parts.quantity,
        returns.refund_amount,
        returns.tax_amount,
        returns.handling_cost_amount,
        cast(row_number() over part_order as bigint) as part_number,
        row_number() over part_order
        = count(*) over (partition by parts.return_id, parts.line_number) as is_last,
        {{ money_quotient(product('returns.refund_amount', 'parts.quantity'), 'returns.quantity') }}
            as refund_share,
        {{ money_quotient(product('returns.tax_amount', 'parts.quantity'), 'returns.quantity') }}
            as tax_share,
        {{ money_quotient(product('returns.handling_cost_amount', 'parts.quantity'), 'returns.quantity') }}
            as handling_cost_share
    from (
        select * from matched
        union all
        select * from unmatched
    ) as parts
    inner join {{ ref('int_returns_dated') }} as returns
        on parts.return_id = returns.return_id and parts.line_number = returns.line_number
    window part_order as (
        partition by parts.return_id, parts.line_number order by parts.sale_number desc nulls last
    )
)

select
    return_id,
    line_number,
    part_number,
    order_id,
    match_kind,
    quantity,
    cast(
        case
            when is_last then refund_amount - coalesce(sum(refund_share) over parts_before, 0)
            else refund_share
        end as decimal(18, 4)
    ) as refund_amount,
    cast(
        case when is_last then tax_amount - coalesce(sum(tax_share) over parts_before, 0) else tax_share end
        as decimal(18, 4)
    ) as tax_amount,
    cast(
        case
            when is_last then handling_cost_amount - coalesce(sum(handling_cost_share) over parts_before, 0)
            else handling_cost_share
        end as decimal(18, 4)
    ) as handling_cost_amount
from numbered
window parts_before as (
    partition by return_id, line_number
    order by part_number asc nulls last
    rows between unbounded preceding and 1 preceding
)
