with used as (
    select site from {{ ref('stg_orders') }}
    union
    select site from {{ ref('stg_returns') }}
    union
    select site from {{ ref('stg_adjustments') }}
    union
    select site from {{ ref('stg_session_events') }}
    union
    select site from {{ ref('stg_ad_spend') }}
)

select used.site
from used
left join {{ source('raw', 'sites') }} as sites on used.site = sites.site
where sites.site is null
