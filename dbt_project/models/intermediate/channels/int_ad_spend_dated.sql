-- Advertising spend that is due, its source, medium and campaign named as those of sessions are.
select
    spend.spend_date,
    spend.site,
    {{ named_traffic('spend.source') }} as source,
    {{ named_traffic('spend.medium') }} as medium,
    case when {{ traffic_name('spend.campaign') }} is not null then trim(spend.campaign) end as campaign,
    spend.currency_code,
    spend.cost_amount,
    spend.clicks,
    spend.impressions
from {{ ref('stg_ad_spend') }} as spend
inner join {{ source('raw', 'sites') }} as sites on spend.site = sites.site
where spend.spend_date <= {{ as_of_date() }}
