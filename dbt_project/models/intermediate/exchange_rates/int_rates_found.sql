-- The rate to the reporting currency for every day and currency needed; 1 for the reporting currency itself.
-- Where there is none the model stops and names the first day and pair.
{% set reporting = "'" ~ var('reporting_currency') ~ "'" %}
with found as (
    select
        needed.rate_date,
        needed.currency_code,
        case
            when needed.currency_code = {{ reporting }} then {{ rate_number('1') }}
            else rates.rate
        end as rate
    from {{ ref('int_rates_needed') }} as needed
    left join {{ ref('int_exchange_rates_filled') }} as rates
        on
            needed.rate_date = rates.calendar_date
            and needed.currency_code = rates.from_currency
            and rates.to_currency = {{ reporting }}
),

ranked as (
    select
        *,
        row_number() over (
            order by rate asc nulls first, rate_date asc nulls last, currency_code asc nulls last
        ) as row_rank
    from found
)

select
    rate_date,
    currency_code,
    {{ reporting }} as reporting_currency_code,
    case
        when rate is null and row_rank = 1
            then {{ stop(
                "'no exchange rate from ' || currency_code || ' to ' || " ~ reporting
                ~ " || ' for ' || cast(rate_date as varchar(10)) || ': none of that day or of the 7 days before'"
            ) }}
        else rate
    end as rate
from ranked
