-- What ads cost per local day and site.
select
    site,
    spend_date as kpi_date,
    cast(sum(spend_amount) as decimal(18, 4)) as spend_amount
from {{ ref('int_ad_spend_converted') }}
group by site, spend_date
