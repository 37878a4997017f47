-- Units of experiments, each once, with who they are: a customer, an address, or a visitor of the sites.
-- One that is delivered again does not begin anew: of all its rows the first assignment counts.
with delivered as (
    select
        experiment_id,
        unit_id,
        min(assigned_at) as assigned_at,
        min(variant) <> max(variant) as has_changed
    from {{ source('raw', 'experiment_assignments') }}
    group by experiment_id, unit_id
),

assigned as (
    select
        latest.experiment_id,
        latest.unit_id,
        latest.variant,
        delivered.has_changed,
        delivered.assigned_at,
        {{ local_day('delivered.assigned_at', "'" ~ var('time_zone') ~ "'") }} as assigned_date
    from {{ ref('stg_experiment_assignments') }} as latest
    inner join delivered
        on latest.experiment_id = delivered.experiment_id and latest.unit_id = delivered.unit_id
    where {{ local_day('latest.assigned_at', "'" ~ var('time_zone') ~ "'") }} <= {{ as_of_date() }}
),

persons as (
    select distinct person_id from {{ ref('int_persons_listed') }}
),

visitors as (
    select visitor_id from {{ ref('int_sessions_summed') }}
    union
    select visitor_id from {{ ref('int_orders_identified') }}
),

resolved as (
    select
        assigned.experiment_id,
        assigned.unit_id,
        assigned.variant,
        assigned.assigned_at,
        assigned.assigned_date,
        assigned.has_changed,
        case
            when customers.person_id is not null then 'customer'
            when emails.email_hash is not null or addresses.person_id is not null then 'email'
            when visitors.visitor_id is not null then 'visitor'
            else 'unknown'
        end as unit_kind,
        case
            when customers.person_id is not null then assigned.unit_id
            else coalesce(emails.customer_id, identified.first_customer_id)
        end as customer_id,
        addresses.person_id as address_person_id
    from assigned
    left join persons as customers on 'customer:' || assigned.unit_id = customers.person_id
    left join persons as addresses on 'email:' || assigned.unit_id = addresses.person_id
    left join {{ ref('int_emails_resolved') }} as emails on assigned.unit_id = emails.email_hash
    left join visitors on assigned.unit_id = visitors.visitor_id
    left join {{ ref('int_visitors_identified') }} as identified on assigned.unit_id = identified.visitor_id
),

named as (
    select
        *,
        coalesce('customer:' || customer_id, address_person_id) as person_id,
        case when unit_kind = 'visitor' then unit_id end as visitor_id
    from resolved
)

select
    experiment_id,
    unit_id,
    unit_kind,
    variant,
    assigned_at,
    assigned_date,
    person_id,
    customer_id,
    visitor_id,
    has_changed,
    has_changed
    or coalesce(
        person_id is not null
        and min(variant) over (partition by experiment_id, person_id)
        <> max(variant) over (partition by experiment_id, person_id), false
    ) as has_many_variants
from named
