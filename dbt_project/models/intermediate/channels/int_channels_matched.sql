-- The channel of every source, medium and campaign that brought a session or cost money: the first rule that
-- holds, per edition of the rules.
with editions as (
    select
        valid_from_date,
        lead(valid_from_date) over (order by valid_from_date asc nulls last) as valid_until_date,
        row_number() over (order by valid_from_date asc nulls last) = 1 as is_first
    from (select distinct valid_from_date from {{ ref('channel_rules') }}) as dates
),

told as (
    select distinct
        lower(source) as source,
        lower(medium) as medium,
        coalesce(lower(campaign), '') as campaign
    from {{ ref('int_traffic_found') }}
    union
    select
        lower(source),
        lower(medium),
        coalesce(lower(campaign), '')
    from {{ ref('int_ad_spend_dated') }}
    union
    select
        '(direct)',
        '(none)',
        ''
),

known as (
    select
        told.*,
        coalesce(hosts.kind, brands.kind) as kind
    from (
        select
            *,
            {{ host_name('source') }} as source_host
        from told
    ) as told
    {{ join_traffic_sites('told.source_host') }}
),

-- Many campaigns share a medium: its rules are looked up once.
medium_rules as (
    select
        mediums.medium,
        rules.*
    from (select distinct medium from told) as mediums
    cross join {{ ref('channel_rules') }} as rules
    where rules.medium_pattern is null or {{ matches('mediums.medium', 'rules.medium_pattern') }}
),

matched as (
    select
        known.source,
        known.medium,
        known.campaign,
        rules.valid_from_date,
        rules.channel
    from known
    inner join medium_rules as rules on known.medium = rules.medium
    where
        rules.source_kind in ('any', known.kind)
        and (rules.source_pattern is null or {{ matches('known.source', 'rules.source_pattern') }})
        and (rules.campaign_pattern is null or {{ matches('known.campaign', 'rules.campaign_pattern') }})
    qualify row_number() over (
        partition by known.source, known.medium, known.campaign, rules.valid_from_date
        order by rules.rule_number asc nulls last
    ) = 1
)

select
    matched.source,
    matched.medium,
    matched.campaign,
    matched.channel,
    -- The first edition also serves the days before it.
    case when editions.is_first then cast('0001-01-01' as date) else editions.valid_from_date end
        as valid_from_date,
    coalesce(editions.valid_until_date, cast('9999-12-31' as date)) as valid_until_date
from matched
inner join editions on matched.valid_from_date = editions.valid_from_date
