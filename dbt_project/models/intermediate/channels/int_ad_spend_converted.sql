-- Advertising spend in the reporting currency, at the rate of its own day, with the channel of its traffic.
select
    spend.spend_date,
    spend.site,
    spend.source,
    spend.medium,
    spend.campaign,
    channels.channel,
    {{ at_rate('spend.cost_amount', 'rates.rate') }} as spend_amount,
    spend.clicks as click_count,
    spend.impressions as impression_count
from {{ ref('int_ad_spend_dated') }} as spend
inner join {{ ref('int_rates_found') }} as rates
    on spend.spend_date = rates.rate_date and spend.currency_code = rates.currency_code
inner join {{ ref('int_channels_matched') }} as channels
    on
        lower(spend.source) = channels.source
        and lower(spend.medium) = channels.medium
        and coalesce(lower(spend.campaign), '') = channels.campaign
        and spend.spend_date >= channels.valid_from_date
        and spend.spend_date < channels.valid_until_date
