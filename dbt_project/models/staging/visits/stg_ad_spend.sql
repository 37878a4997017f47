with source as (
    select * from {{ source('raw', 'ad_spend') }}
)

select
    spend_date,
    site,
    source,
    medium,
    campaign,
    currency_code,
    cost_amount,
    clicks,
    impressions,
    delivery_source,
    delivery_date
from source
qualify
    row_number() over (
        partition by spend_date, site, source, medium, campaign
        order by {{ best_row_first() }}
    ) = 1
