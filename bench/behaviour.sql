-- The behaviour marts in one script without layers: what bench/behaviour.py measures the dbt project against.
-- It reads raw session events, and beside them what has nothing to do with visits, as built in `mandje`: orders,
-- their lines, products, rates, days. Variables: as_of_date, time_zone, currency, internal_hosts, silence_us,
-- end_us, gap_us. The simulated shops list no internal customers.

-- Events: the best row of each id, cut into sessions.
create table events as
with repeated as (
    select event_id from mandje.raw.session_events group by event_id having count(*) > 1
),
ranked as (
    select * from mandje.raw.session_events where event_id in (from repeated)
    qualify row_number() over (
        partition by event_id
        order by delivery_date desc, delivery_source desc, delivery_file desc, delivery_line desc
    ) = 1
),
winners as (
    select * from mandje.raw.session_events where event_id not in (from repeated)
    union all
    select * from ranked
),
due as (
    select
        winners.*,
        epoch_us(event_at) as event_us,
        cast(event_at at time zone sites.time_zone as date) as event_date
    from winners inner join mandje.raw.sites as sites using (site)
    where cast(event_at at time zone sites.time_zone as date) <= getvariable('as_of_date')
),
cut as (
    select
        *,
        coalesce(event_us - lag(event_us) over visit > getvariable('gap_us'), true) as is_session_start,
        coalesce(lead(event_us) over visit - event_us > getvariable('gap_us'), true) as is_session_end,
        lag(event_type) over visit as last_event_type,
        lag(page_path) over visit as last_page_path
    from due
    window visit as (partition by site, visitor_id order by event_us, event_id)
)
select
    event_id, visitor_id, customer_id, native_session_id, site, event_at, event_us, event_date, event_type, host,
    page_path, page_type, referrer_host, source, medium, campaign, keyword, click_id_type, device_category,
    country_code, is_bot, product_id, quantity, currency_code, value_amount, error_code, order_id,
    is_session_start, is_session_end,
    last_value(case when is_session_start then sha256(event_id) end ignore nulls) over (
        partition by site, visitor_id order by event_us, event_id
        rows between unbounded preceding and current row
    ) as session_id,
    event_type = 'page_view' or event_type = 'product_view' and (
        is_session_start or last_event_type <> 'page_view' or last_page_path <> page_path
    ) as is_page_view,
    event_type in (
        'add_to_cart', 'remove_from_cart', 'begin_checkout', 'add_shipping', 'add_payment', 'checkout_error', 'purchase'
    ) as is_shopping
from cut;

-- Who visitors are: told by events, and by online orders that name both.
create table told as
select visitor_id, customer_id, event_us as told_us, 0 as is_order, event_id as told_by_id
from events where customer_id is not null
union all
select visitor_id, customer_id, epoch_us(ordered_at), 1, order_id
from mandje.intermediate.int_orders_dated
where visitor_id is not null and customer_id is not null and sales_channel = 'online';

create table visitors as
select
    visitor_id,
    arg_min(customer_id, (told_us, is_order, told_by_id)) as first_customer_id,
    count(distinct customer_id) as customer_count
from told group by visitor_id;

create table shared_events as
with entries as (
    select visitor_id, customer_id, event_us as told_us, 0 as is_order, event_id as told_by_id from events
    union all
    select * from told where is_order = 1
),
remembered as (
    select
        told_by_id as event_id,
        is_order,
        last_value(customer_id ignore nulls) over (
            partition by visitor_id order by told_us, is_order, told_by_id
            rows between unbounded preceding and current row
        ) as customer_id
    from entries where visitor_id in (select visitor_id from visitors where customer_count > 1)
)
select event_id, customer_id from remembered where is_order = 0 and customer_id is not null;

-- Visits: sessions by what their events hold, robots and the shop's own among them.
create table visits as
with summed as (
    select
        session_id, site, visitor_id,
        min(native_session_id) as native_session_id,
        count(distinct native_session_id) as native_session_count,
        min(event_at) as started_at,
        max(event_at) as ended_at,
        min(event_us) as started_us,
        max(event_us) as ended_us,
        max(event_date) filter (is_session_start) as session_date,
        max(event_id) filter (is_session_start) as first_event_id,
        max(page_path) filter (is_session_start) as landing_page_path,
        max(page_type) filter (is_session_start) as landing_page_type,
        max(page_path) filter (is_session_end) as exit_page_path,
        max(page_type) filter (is_session_end) as exit_page_type,
        coalesce(max(device_category) filter (is_session_start), min(device_category)) as device_category,
        coalesce(max(country_code) filter (is_session_start), min(country_code)) as country_code,
        count(*) as event_count,
        count(*) filter (is_page_view) as page_view_count,
        count(*) filter (event_type = 'product_view') as product_view_count,
        count(*) filter (event_type = 'search') as search_count,
        count(*) filter (event_type = 'add_to_cart') as add_to_cart_count,
        count(*) filter (event_type = 'purchase') as purchase_count,
        count(*) filter (event_type = 'begin_checkout') > 0 as has_begin_checkout,
        count(*) filter (event_type = 'add_shipping') > 0 as has_add_shipping,
        count(*) filter (event_type = 'add_payment') > 0 as has_add_payment,
        count(*) filter (event_type = 'checkout_error') > 0 as has_checkout_error,
        coalesce(bool_or(is_shopping), false) as has_shopping,
        coalesce(bool_or(is_bot), false) as has_bot,
        coalesce(bool_or(list_contains(getvariable('internal_hosts'), lower(host))), false) as has_internal_host
    from events group by session_id, site, visitor_id
)
select
    *,
    case
        when has_bot then 'bot'
        when ended_us - started_us > 86400000000 then 'too_long'
        when page_view_count >= 10 and ended_us - started_us < 1000000 * (page_view_count - 1) then 'superhuman'
        when has_internal_host then 'internal_host'
    end as exclusion_reason
from summed;

create table excluded_traffic as
select site, session_date, exclusion_reason, count(*) as session_count,
    cast(sum(event_count) as bigint) as event_count
from visits where exclusion_reason is not null
group by all;

-- Hosts that brought visits: of which kind, and whether they are none (the site's own, payments).
create macro site_brand(host) as
    nullif(regexp_extract(host, '^([a-z0-9_-]+)[.](com|((ac|co|com|edu|gov|ne|net|or|org)[.])?[a-z][a-z])$', 1), '');
create macro bought(host) as
    regexp_extract(host, '([a-z0-9_-]+[.]((ac|co|com|edu|gov|ne|net|or|org)[.][a-z][a-z]|[a-z]+))$', 1);
create table referrers as
with told as (
    select distinct site, regexp_replace(lower(trim(host)), '^www[.]', '') as host
    from (
        select site, referrer_host as host from events
        union all
        select site, source from events where lower(trim(medium)) = 'referral'
    ) as named
    where host <> ''
),
own_hosts as (
    select distinct site, regexp_replace(lower(trim(host)), '^www[.]', '') as host
    from (select distinct site, host from events where host is not null) as served
)
select
    told.site,
    told.host,
    coalesce(hosts.kind, brands.kind, 'other') as kind,
    exists (
        select 1 from own_hosts
        where own_hosts.site = told.site and (
            own_hosts.host = told.host
            or own_hosts.host like '%.%'
            and not regexp_matches(own_hosts.host, '^(ac|co|com|edu|gov|ne|net|or|org)[.][a-z][a-z]$')
            and ends_with(told.host, '.' || own_hosts.host)
        )
    )
    or exists (
        select 1 from mandje.seeds.traffic_sites as payments
        where payments.is_payment and payments.traffic_site in (
            told.host,
            bought(told.host),
            case when told.host like '%.%' then split_part(bought(told.host), '.', 1) else told.host end
        )
    ) as is_no_source
from told
left join mandje.seeds.traffic_sites as hosts on told.host = hosts.traffic_site
left join mandje.seeds.traffic_sites as brands
    on site_brand(told.host) = brands.traffic_site and brands.has_country_hosts;

-- Traffic of a session: its first event that tells any.
create table traffic as
with named as (
    select
        event_id, session_id, event_us, site, keyword,
        trim(source) as delivered_source, trim(medium) as delivered_medium, trim(campaign) as delivered_campaign,
        nullif(nullif(nullif(nullif(nullif(lower(trim(source)), ''), '(direct)'), 'direct'), '(none)'), '(not set)')
            as source,
        nullif(nullif(nullif(nullif(nullif(lower(trim(medium)), ''), '(direct)'), 'direct'), '(none)'), '(not set)')
            as medium,
        nullif(nullif(nullif(nullif(nullif(lower(trim(campaign)), ''), '(direct)'), 'direct'), '(none)'), '(not set)')
            as campaign,
        nullif(nullif(nullif(nullif(nullif(lower(trim(click_id_type)), ''), '(direct)'), 'direct'), '(none)'), '(not set)')
            as click_id_type,
        regexp_replace(lower(trim(source)), '^www[.]', '') as source_host,
        regexp_replace(lower(trim(referrer_host)), '^www[.]', '') as referrer_host,
        coalesce(lower(trim(source)) = '(not set)', false) as is_not_set
    from events
    where coalesce(source, medium, campaign, click_id_type, referrer_host) is not null
),
carried as (
    select
        named.* replace (
            case when not coalesce(sources.is_no_source, false) then source end as source,
            case when not coalesce(sources.is_no_source, false) then medium end as medium,
            case when not coalesce(sources.is_no_source, false) then campaign end as campaign
        ),
        case when not hosts.is_no_source then hosts.host end as foreign_host,
        hosts.kind
    from named
    left join referrers as sources
        on named.site = sources.site and named.source_host = sources.host and named.medium = 'referral'
    left join referrers as hosts on named.site = hosts.site and named.referrer_host = hosts.host
),
first_told as (
    select *, coalesce(source, medium, campaign, click_id_type, foreign_host) is not null as is_told
    from carried
    where is_told or is_not_set
    qualify row_number() over (partition by session_id order by is_told desc, event_us, event_id) = 1
),
clicked as (
    select
        told.*,
        click_ids.source as click_source,
        click_ids.medium as click_medium,
        coalesce(click_ids.is_paid, false) as is_paid,
        coalesce(click_ids.is_paid and told.medium in ('organic', 'referral'), false) as is_overruled
    from first_told as told left join mandje.seeds.click_ids as click_ids using (click_id_type)
)
select
    session_id,
    coalesce(
        case when source is not null and not is_overruled then delivered_source end,
        case when medium is null or is_paid then click_source end,
        case when medium is null then foreign_host end,
        '(not set)'
    ) as source,
    coalesce(
        case when medium is not null and not is_overruled then delivered_medium end,
        case when source is null or is_paid then click_medium end,
        case
            when source is not null or foreign_host is null then '(not set)'
            when kind = 'search' then 'organic'
            when kind = 'assistant' then 'ai-assistant'
            else 'referral'
        end
    ) as medium,
    case when campaign is not null then delivered_campaign end as campaign,
    keyword,
    click_id_type,
    foreign_host as referrer_host
from clicked;

create table channels as
with told as (
    select distinct lower(source) as source, lower(medium) as medium, coalesce(lower(campaign), '') as campaign
    from traffic
    union
    select '(direct)', '(none)', ''
),
editions as (
    select
        valid_from_date,
        coalesce(lead(valid_from_date) over (order by valid_from_date), date '9999-12-31') as until_date,
        case when row_number() over (order by valid_from_date) = 1 then date '0001-01-01' else valid_from_date end
            as from_date
    from (select distinct valid_from_date from mandje.seeds.channel_rules) as dates
),
known as (
    select told.*, coalesce(hosts.kind, brands.kind) as kind
    from told
    left join mandje.seeds.traffic_sites as hosts
        on hosts.traffic_site = regexp_replace(lower(trim(told.source)), '^www[.]', '')
    left join mandje.seeds.traffic_sites as brands
        on brands.has_country_hosts
        and brands.traffic_site = site_brand(regexp_replace(lower(trim(told.source)), '^www[.]', ''))
)
select source, medium, campaign, channel, from_date, until_date
from known
cross join mandje.seeds.channel_rules as rules
inner join editions using (valid_from_date)
where
    (rules.source_kind = 'any' or rules.source_kind = known.kind)
    and (source_pattern is null or regexp_matches(source, source_pattern))
    and (medium_pattern is null or regexp_matches(medium, medium_pattern))
    and (campaign_pattern is null or regexp_matches(campaign, campaign_pattern))
qualify row_number() over (partition by source, medium, campaign, valid_from_date order by rule_number) = 1;

create table sessions as
with many as (
    select events.session_id
    from events
    inner join visitors using (visitor_id)
    left join shared_events as shared using (event_id)
    where visitors.customer_count > 1
    group by events.session_id
    having min(coalesce(shared.customer_id, first_customer_id)) <> max(coalesce(shared.customer_id, first_customer_id))
),
channelled as (
    select
        visits.*,
        coalesce(shared.customer_id, visitors.first_customer_id) as customer_id,
        coalesce('customer:' || coalesce(shared.customer_id, visitors.first_customer_id), 'visitor:' || visitor_id)
            as shopper_id,
        coalesce(traffic.source, '(direct)') as source,
        coalesce(traffic.medium, '(none)') as medium,
        traffic.campaign, traffic.keyword, traffic.click_id_type, traffic.referrer_host,
        many.session_id is not null as has_many_customers,
        channels.channel
    from visits
    left join visitors using (visitor_id)
    left join shared_events as shared on visits.first_event_id = shared.event_id
    left join many using (session_id)
    left join traffic using (session_id)
    inner join channels
        on lower(coalesce(traffic.source, '(direct)')) = channels.source
        and lower(coalesce(traffic.medium, '(none)')) = channels.medium
        and coalesce(lower(traffic.campaign), '') = channels.campaign
        and session_date >= from_date and session_date < until_date
    where exclusion_reason is null
),
looked_back as (
    select
        *,
        row_number() over (partition by visitor_id order by started_us, session_id) as visitor_session_number,
        row_number() over (partition by visitor_id, site order by started_us, session_id) = 1 as is_new_to_site,
        first_value(channel) over life as first_touch_channel,
        last_value(case when channel <> 'Direct' then channel end ignore nulls) over life as last_channel,
        last_value(case when channel <> 'Direct' then started_us end ignore nulls) over life as last_channel_us
    from channelled
    window life as (
        partition by shopper_id order by started_us, session_id
        rows between unbounded preceding and current row
    )
)
select
    session_id, shopper_id, customer_id, visitor_id, site, native_session_id, native_session_count,
    started_at, ended_at, session_date, landing_page_path, landing_page_type, exit_page_path, exit_page_type,
    device_category, country_code, source, medium, campaign, keyword, click_id_type, referrer_host, channel,
    case when started_us - last_channel_us <= 30 * 86400000000 then last_channel else 'Direct' end
        as last_non_direct_channel,
    first_touch_channel, event_count, page_view_count, product_view_count, search_count, add_to_cart_count,
    purchase_count,
    cast(cast(ended_us - started_us as decimal(18, 0)) * cast('0.000001' as decimal(6, 6)) as decimal(18, 6))
        as time_on_site_seconds,
    has_begin_checkout, has_add_shipping, has_add_payment, has_checkout_error,
    ended_us - started_us > 10000000 or page_view_count >= 2 or has_shopping as is_engaged,
    not (ended_us - started_us > 10000000 or page_view_count >= 2 or has_shopping) as is_bounce,
    visitor_session_number, visitor_session_number = 1 as is_new_visitor, is_new_to_site, has_many_customers
from looked_back;

-- What shoppers do with carts, with whom it belongs to.
create table shopping as
select
    events.event_id, events.session_id, events.visitor_id, events.site, event_at, event_us, event_date, event_type,
    page_path, page_type, events.device_category, product_id, quantity, currency_code, value_amount, error_code,
    order_id, is_session_end,
    coalesce(shared.customer_id, visitors.first_customer_id) as customer_id,
    coalesce('customer:' || coalesce(shared.customer_id, visitors.first_customer_id), 'visitor:' || events.visitor_id)
        as shopper_id
from events
inner join sessions on events.session_id = sessions.session_id
left join visitors on events.visitor_id = visitors.visitor_id
left join shared_events as shared on events.event_id = shared.event_id
where is_shopping;

create table order_shoppers as
with orders as (
    select
        order_id, site, ordered_at, epoch_us(ordered_at) as ordered_us, order_date, person_customer_id, visitor_id,
        is_counted, sales_channel = 'online' and status not in ('failed', 'test') as is_online_order
    from mandje.intermediate.int_orders_identified
),
owners as (
    select
        orders.order_id,
        coalesce(
            'customer:' || coalesce(shared.customer_id, visitors.first_customer_id), 'visitor:' || events.visitor_id
        ) as shopper_id
    from orders
    inner join events on orders.visitor_id = events.visitor_id
    left join visitors on events.visitor_id = visitors.visitor_id
    left join shared_events as shared on events.event_id = shared.event_id
    where orders.person_customer_id is null
    qualify row_number() over (
        partition by orders.order_id
        order by
            event_us > ordered_us, abs(event_us - ordered_us),
            case when event_us <= ordered_us then events.event_id end desc nulls last, events.event_id
    ) = 1
)
select orders.* exclude (person_customer_id, visitor_id), 'customer:' || person_customer_id as shopper_id
from orders where person_customer_id is not null
union all
select
    orders.* exclude (person_customer_id, visitor_id), coalesce(owners.shopper_id, 'visitor:' || visitor_id)
from orders left join owners using (order_id) where visitor_id is not null;

-- Carts event by event: what each holds and what that is worth.
create table cart_events as
with events as (
    select shopping.*, 0 as entry_rank, event_id as entry_id
    from shopping
    where not (
        event_type = 'purchase' and coalesce(order_id in (
            select order_id from mandje.intermediate.int_orders_dated where status in ('failed', 'test')
        ), false)
    )
    qualify event_type <> 'purchase' or order_id is null or row_number() over (
        partition by site, shopper_id, event_type, order_id order by event_us, event_id
    ) = 1
),
entries as (
    select
        site, shopper_id, entry_rank, entry_id, event_type, event_at, event_us, event_date, customer_id, visitor_id,
        session_id, device_category, product_id, quantity, currency_code, value_amount,
        case when event_type = 'purchase' then order_id end as order_id
    from events
    union all
    select
        site, shopper_id, 1, order_id, 'purchase', ordered_at, ordered_us, order_date,
        null, null, null, null, null, null, null, null, order_id
    from order_shoppers
    where is_online_order and not exists (
        from events
        where
            events.event_type = 'purchase' and events.site = order_shoppers.site
            and events.shopper_id = order_shoppers.shopper_id and events.order_id = order_shoppers.order_id
    )
),
numbered as (
    select
        *,
        row_number() over entry_order as entry_number,
        coalesce(
            lag(event_type) over entry_order = 'purchase'
            or event_us - lag(event_us) over entry_order > getvariable('end_us'), false
        ) as begins_stretch,
        case event_type
            when 'add_to_cart' then coalesce(quantity, 1) when 'remove_from_cart' then -coalesce(quantity, 1) else 0
        end as step
    from entries
    window entry_order as (partition by site, shopper_id order by event_us, entry_rank, entry_id)
),
stretched as (
    select *, count(*) filter (begins_stretch) over (
        partition by site, shopper_id order by entry_number rows unbounded preceding
    ) as stretch_number
    from numbered
),
summed as (
    select *, sum(step) over product as running_sum
    from stretched
    window product as (
        partition by site, shopper_id, stretch_number, product_id order by entry_number rows unbounded preceding
    )
),
held as (
    select
        *,
        cast(running_sum - least(0, min(running_sum) over (
            partition by site, shopper_id, stretch_number, product_id order by entry_number rows unbounded preceding
        )) as decimal(18, 4)) as product_quantity
    from summed
),
changed as (
    select *, product_quantity - coalesce(lag(product_quantity) over (
        partition by site, shopper_id, stretch_number, product_id order by entry_number
    ), 0) as change_quantity
    from held
),
totalled as (
    select *, cast(sum(change_quantity) over (
        partition by site, shopper_id, stretch_number order by entry_number rows unbounded preceding
    ) as decimal(18, 4)) as cart_quantity
    from changed
),
opened as (
    select *, count(*) filter (cart_quantity = change_quantity) over (
        partition by site, shopper_id, stretch_number order by entry_number rows unbounded preceding
    ) as cart_number
    from totalled
    where cart_quantity > 0 or cart_quantity - change_quantity > 0
),
named as (
    select
        *,
        sha256(first_value(entry_id) over cart) as cart_id,
        first_value(event_date) over cart as opened_date,
        event_us - lag(event_us) over cart as silence_us,
        event_type = 'add_to_cart' and step > 0 as is_add,
        coalesce(value_amount >= 0, false) as has_own_price
    from opened
    window cart as (partition by site, shopper_id, stretch_number, cart_number order by entry_number)
),
told as (
    select
        named.*,
        count(*) filter (is_add) over (
            partition by cart_id, named.product_id order by entry_number rows unbounded preceding
        ) as add_number,
        case when is_add then if(has_own_price, value_amount, products.list_price_amount) end as told_amount,
        case when is_add then if(has_own_price, cast(step as decimal(18, 4)), 1) end as told_quantity,
        case when is_add then if(
            has_own_price, coalesce(named.currency_code, sites.currency_code),
            coalesce(products.currency_code, getvariable('currency'))
        ) end as told_currency_code
    from named
    inner join mandje.raw.sites as sites on named.site = sites.site
    left join mandje.staging.stg_products as products
        on named.event_type = 'add_to_cart' and named.product_id = products.product_id
),
priced as (
    select
        *,
        max(told_amount) over latest_add as price_amount,
        max(told_quantity) over latest_add as price_quantity,
        max(told_currency_code) over latest_add as price_currency_code
    from told
    window latest_add as (partition by cart_id, product_id, add_number)
),
rated as (
    select
        priced.*,
        case when price_currency_code = getvariable('currency') then 1 else rates.rate end as rate
    from priced
    left join mandje.intermediate.int_exchange_rates_filled as rates
        on opened_date = calendar_date and price_currency_code = from_currency and to_currency = getvariable('currency')
),
valued as (
    select
        *,
        product_quantity = 0 or (price_amount is not null and rate is not null) as is_valued,
        -- Price times quantity over the add's quantity, in whole numbers, rounded half up to 4 places.
        cast(cast((
            cast(abs(cast(product_quantity as decimal(38, 4)) * price_amount) * 200000000 as hugeint)
            + cast(nullif(price_quantity, 0) * 10000 as hugeint)
        ) // cast(nullif(price_quantity, 0) * 20000 as hugeint) as decimal(24, 0))
        * cast(0.0001 as decimal(4, 4)) as decimal(18, 4)) as own_amount
    from rated
),
converted as (
    select *, coalesce(
        cast(round(cast(own_amount as decimal(38, 4)) * cast(rate as decimal(18, 4)), 4) as decimal(18, 4)), 0
    ) as product_amount
    from valued
),
moved as (
    select *, product_amount - coalesce(lag(product_amount) over (
        partition by cart_id, product_id order by entry_number
    ), 0) as change_amount
    from converted
)
select
    cart_id, entry_number, site, shopper_id, customer_id, visitor_id, session_id, event_type, event_at, event_us,
    opened_date, silence_us, device_category, order_id, product_id, product_quantity, product_amount, cart_quantity,
    is_valued,
    cast(sum(change_amount) over (partition by cart_id order by entry_number rows unbounded preceding)
        as decimal(18, 4)) as cart_amount
from moved;

create table cart_sums as
select
    cart_id, site, shopper_id,
    max(customer_id) as customer_id,
    arg_min_null(visitor_id, entry_number) as visitor_id,
    arg_min_null(session_id, entry_number) as first_session_id,
    arg_max_null(session_id, entry_number) filter (event_type <> 'purchase') as last_session_id,
    min(event_at) as opened_at,
    min(opened_date) as opened_date,
    arg_max_null(event_at, entry_number) filter (event_type <> 'purchase') as last_touched_at,
    arg_max_null(event_us, entry_number) filter (event_type <> 'purchase') as last_touched_us,
    max(case event_type
        when 'purchase' then 4 when 'add_payment' then 3 when 'add_shipping' then 2 when 'begin_checkout' then 1 else 0
    end) as stage_number,
    max(order_id) as order_id,
    max(event_at) filter (event_type = 'purchase') as ordered_at,
    max(event_us) filter (event_type = 'purchase') as ordered_us,
    min(event_us - silence_us) filter (silence_us > getvariable('silence_us')) as first_left_us,
    max(cart_quantity) as fullest_quantity,
    max(cart_amount) as fullest_amount,
    arg_max_null(cart_quantity, entry_number) as end_quantity,
    arg_max_null(cart_amount, entry_number) as end_amount,
    bool_and(is_valued) as is_value_complete,
    count(distinct product_id) filter (product_quantity > 0) as product_count,
    arg_min_null(device_category, entry_number) as first_device_category,
    arg_max_null(device_category, entry_number) filter (event_type <> 'purchase') as last_device_category,
    count(distinct device_category) as device_category_count,
    count(distinct visitor_id) as visitor_count,
    count(distinct session_id) as session_count
from cart_events group by cart_id, site, shopper_id;

create table carts as
with clocks as (
    select site, time_zone, least(
        epoch_us(cast(getvariable('as_of_date') + 1 as timestamp) at time zone time_zone),
        epoch_us(cast(getvariable('as_of_date') + 1 as timestamp) at time zone getvariable('time_zone'))
    ) as known_until_us
    from mandje.raw.sites
)
select
    cart_id, carts.shopper_id, carts.customer_id, carts.visitor_id, carts.site, opened_at, opened_date,
    extract(hour from opened_at at time zone time_zone) as opened_hour, last_touched_at,
    case
        when first_left_us < ordered_us then 'recovered'
        when ordered_at is not null then 'ordered'
        when end_quantity = 0 then 'emptied'
        when known_until_us - last_touched_us > getvariable('silence_us') then 'abandoned'
        else 'open'
    end as state,
    ['cart', 'begin_checkout', 'add_shipping', 'add_payment', 'purchase'][stage_number + 1] as stage,
    order_id, ordered_at,
    cast(ordered_us - first_left_us as double) / 3600000000 as hours_to_recovery,
    fullest_quantity, fullest_amount, end_quantity, end_amount, is_value_complete, product_count,
    first_device_category, last_device_category, device_category_count, visitor_count, session_count,
    sessions.channel
from cart_sums as carts
inner join clocks on carts.site = clocks.site
left join sessions on carts.first_session_id = sessions.session_id;

create table daily_cart_abandonment as
with days as (
    select site, calendar_date as cart_date
    from mandje.intermediate.int_days_listed
    cross join (select site from mandje.raw.sites union all select '(all)') as sites
),
counted as (
    select
        coalesce(site, '(all)') as site, opened_date as cart_date,
        count(*) as cart_count,
        count(*) filter (state = 'ordered') as ordered_cart_count,
        count(*) filter (state = 'recovered') as recovered_cart_count,
        count(*) filter (state = 'abandoned') as abandoned_cart_count,
        count(*) filter (state = 'emptied') as emptied_cart_count,
        count(*) filter (state = 'open') as open_cart_count,
        count(*) filter (stage <> 'cart' and state not in ('emptied', 'open')) as checkout_cart_count,
        count(*) filter (stage <> 'cart' and state = 'abandoned') as abandoned_checkout_cart_count,
        count(*) filter (not is_value_complete) as unvalued_cart_count,
        sum(end_amount) filter (state = 'abandoned') as abandoned_amount,
        sum(end_amount) filter (state = 'recovered') as recovered_amount
    from carts group by grouping sets ((site, opened_date), (opened_date))
),
cartless as (
    select coalesce(site, '(all)') as site, order_date as cart_date, count(*) as order_without_cart_count
    from mandje.intermediate.int_orders_identified
    where
        sales_channel = 'online' and status not in ('failed', 'test')
        and order_id not in (select order_id from carts where order_id is not null)
    group by grouping sets ((site, order_date), (order_date))
)
select
    site, cart_date,
    coalesce(cart_count, 0) as cart_count,
    coalesce(ordered_cart_count, 0) as ordered_cart_count,
    coalesce(recovered_cart_count, 0) as recovered_cart_count,
    coalesce(abandoned_cart_count, 0) as abandoned_cart_count,
    coalesce(emptied_cart_count, 0) as emptied_cart_count,
    coalesce(open_cart_count, 0) as open_cart_count,
    coalesce(checkout_cart_count, 0) as checkout_cart_count,
    coalesce(abandoned_checkout_cart_count, 0) as abandoned_checkout_cart_count,
    coalesce(unvalued_cart_count, 0) as unvalued_cart_count,
    coalesce(order_without_cart_count, 0) as order_without_cart_count,
    cast(coalesce(abandoned_amount, 0) as decimal(18, 4)) as abandoned_amount,
    cast(coalesce(recovered_amount, 0) as decimal(18, 4)) as recovered_amount,
    abandoned_cart_count / nullif(ordered_cart_count + recovered_cart_count + abandoned_cart_count, 0)
        as cart_abandonment_ratio,
    abandoned_checkout_cart_count / nullif(checkout_cart_count, 0) as checkout_abandonment_ratio
from days left join counted using (site, cart_date) left join cartless using (site, cart_date);

create table abandoned_products as
with products as (
    select
        cart_id, product_id,
        arg_max_null(product_quantity, entry_number) as end_quantity,
        arg_max_null(product_amount, entry_number) as end_amount
    from cart_events
    where event_type in ('add_to_cart', 'remove_from_cart') and product_id is not null
    group by cart_id, product_id
    having max(product_quantity) > 0
),
held as (
    select
        products.*, carts.site, carts.shopper_id,
        case when products.end_quantity > 0 then carts.state end as end_state,
        case carts.state when 'abandoned' then last_touched_us when 'recovered' then first_left_us end as left_us
    from products inner join carts using (cart_id) inner join cart_sums using (cart_id)
),
bought_later as (
    select distinct cart_id, held.product_id
    from held
    inner join order_shoppers as orders on held.shopper_id = orders.shopper_id
    inner join mandje.marts.order_line_facts as lines
        on orders.order_id = lines.order_id and held.product_id = lines.product_id
    where orders.is_counted and ordered_us between left_us and left_us + 30 * 86400000000
),
judged as (
    select
        held.*,
        coalesce(end_state in ('abandoned', 'recovered') and left_us + 30 * 86400000000 <= epoch_us(
            cast(getvariable('as_of_date') + 1 as timestamp) at time zone getvariable('time_zone')
        ), false) as is_judged,
        bought_later.cart_id is not null as is_bought_later
    from held left join bought_later using (cart_id, product_id)
),
summed as (
    select
        coalesce(site, '(all)') as site, product_id,
        count(*) as cart_count,
        count(*) filter (end_state = 'ordered') as ordered_cart_count,
        count(*) filter (end_state = 'recovered') as recovered_cart_count,
        count(*) filter (end_state = 'abandoned') as abandoned_cart_count,
        sum(end_quantity) filter (end_state = 'abandoned') as abandoned_quantity,
        sum(end_amount) filter (end_state = 'abandoned') as abandoned_amount,
        count(*) filter (is_judged) as judged_cart_count,
        count(*) filter (is_judged and is_bought_later) as bought_later_cart_count
    from judged group by grouping sets ((site, product_id), (product_id))
)
select
    site, product_id, name as product_name, category, cart_count, ordered_cart_count, recovered_cart_count,
    abandoned_cart_count,
    cast(coalesce(abandoned_quantity, 0) as decimal(18, 4)) as abandoned_quantity,
    cast(coalesce(abandoned_amount, 0) as decimal(18, 4)) as abandoned_amount,
    judged_cart_count, bought_later_cart_count,
    abandoned_cart_count / nullif(ordered_cart_count + recovered_cart_count + abandoned_cart_count, 0)
        as abandoned_ratio,
    bought_later_cart_count / nullif(judged_cart_count, 0) as bought_later_ratio
from summed left join mandje.staging.stg_products using (product_id);

create table browse_abandonment as
with looked as (
    select
        events.session_id, product_id, event_type = 'product_view' as is_view, event_type = 'add_to_cart' as is_add,
        is_shopping
    from events inner join visits using (session_id)
    where exclusion_reason is null and (event_type = 'product_view' or is_shopping)
),
seen as (
    select
        session_id, coalesce(product_id, '(none)') as product_id, grouping(product_id) = 1 as is_all,
        bool_or(is_view) as is_seen, bool_or(is_add) as is_added, bool_or(is_shopping) as is_shopping
    from looked group by grouping sets ((session_id, product_id), (session_id))
),
shopped as (
    select session_id, is_shopping as has_shopping from seen where is_all
),
counted as (
    select
        session_date, coalesce(site, '(all)') as site, if(is_all, '(all)', seen.product_id) as product_id,
        count(*) as seen_session_count,
        count(*) filter (is_added) as added_session_count,
        count(*) filter (not has_shopping) as abandoned_session_count
    from seen inner join sessions using (session_id) inner join shopped using (session_id)
    where is_seen and (is_all or seen.product_id <> '(none)')
    group by grouping sets ((session_date, site, is_all, seen.product_id), (session_date, is_all, seen.product_id))
)
select
    session_date, site, product_id, name as product_name, category, seen_session_count, added_session_count,
    abandoned_session_count,
    added_session_count / seen_session_count as added_ratio,
    abandoned_session_count / seen_session_count as browse_abandonment_ratio
from counted left join mandje.staging.stg_products using (product_id);

create table checkout_dropoff as
with ordered as (
    select session_id from shopping where event_type = 'purchase'
    union
    select last_session_id from cart_sums where ordered_us - last_touched_us <= getvariable('silence_us')
),
numbered as (
    select
        *,
        nullif(list_position(['add_to_cart', 'begin_checkout', 'add_shipping', 'add_payment'], event_type), 0)
            as step_number,
        max(step_number) over (partition by session_id) as furthest_number
    from shopping where session_id not in (select session_id from ordered where session_id is not null)
),
timed as (
    select *, min(event_us) filter (step_number = furthest_number) over (partition by session_id) as furthest_us
    from numbered where furthest_number is not null
),
dropped as (
    select
        session_id,
        max(furthest_number) as furthest_number,
        arg_max_null(page_path, (event_us, event_id)) as page_path,
        arg_max_null(page_type, (event_us, event_id)) as page_type,
        arg_max_null(is_session_end, (event_us, event_id)) as ends_session,
        count(*) filter (event_type = 'checkout_error' and event_us >= furthest_us) > 0 as has_error,
        arg_max_null(error_code, (event_us, event_id)) filter (
            event_type = 'checkout_error' and event_us >= furthest_us
        ) as error_code
    from timed group by session_id
)
select
    session_date, site, channel, coalesce(device_category, '(unknown)') as device_category,
    ['add_to_cart', 'begin_checkout', 'add_shipping', 'add_payment'][furthest_number] as last_step,
    page_path, page_type,
    case when has_error then 'error' when ends_session then 'exit' else 'browsed_on' end as drop_cause,
    error_code,
    count(*) as session_count
from dropped inner join sessions using (session_id)
group by all;

-- The funnel: the moments of each step per session, and per visitor with several sessions on a day.
create table steps as
select row_number() over (order by place) as step_number, step
from (
    select
        unnest(['session', 'product_view', 'add_to_cart', 'begin_checkout', 'add_shipping', 'add_payment', 'purchase'])
            as step,
        unnest(range(7)) as place
) as all_steps
where step = 'session' or step in (
    select distinct event_type from events inner join visits using (session_id) where exclusion_reason is null
);

create table step_events as
select session_id, step_number, min(event_us) as event_us
from events inner join sessions using (session_id) inner join steps on event_type = step
where event_type = 'product_view'
group by session_id, step_number
union all
select session_id, step_number, event_us
from shopping inner join steps on event_type = step;

create table groups as
with finest as (
    select distinct
        session_date, site, channel, coalesce(device_category, '(unknown)') as device,
        if(is_new_visitor, 'new', 'returning') as kind
    from sessions
),
numbered as (
    select *, row_number() over () as finest_number from finest
),
cut as (
    select
        finest_number, numbered.session_date, numbered.site as own_site, numbered.channel as own_channel,
        numbered.device as own_device, numbered.kind as own_kind,
        if(by_site, site, '(all)') as site, if(by_channel, channel, '(all)') as channel,
        if(by_device, device, '(all)') as device_category, if(by_kind, kind, '(all)') as visitor_kind
    from numbered
    cross join (values (true), (false)) as sites (by_site)
    cross join (values
        (false, false, false), (true, false, false), (false, true, false), (false, false, true)
    ) as cuts (by_channel, by_device, by_kind)
),
named as (
    select *, row_number() over () as group_number
    from (select distinct session_date, site, channel, device_category, visitor_kind from cut) as names
)
select * from cut inner join named using (session_date, site, channel, device_category, visitor_kind);

create table session_units as
with own as (
    select distinct finest_number, session_date, own_site, own_channel, own_device, own_kind from groups
)
select
    session_id, visitor_id, finest_number, epoch_us(started_at) as started_us,
    count(*) over (partition by visitor_id, sessions.session_date) = 1 as is_only_session
from sessions
inner join own
    on sessions.session_date = own.session_date and site = own_site and channel = own_channel
    and coalesce(device_category, '(unknown)') = own_device and if(is_new_visitor, 'new', 'returning') = own_kind;

-- A session counts in its finest group, a visitor of several sessions in each group apart.
create table unit_events as
select session_id as unit_id, null as group_number, step_number, event_us from step_events
union all
select visitor_id, group_number, step_number, event_us
from step_events
inner join session_units using (session_id)
inner join groups using (finest_number)
where not is_only_session;

create table units as
with opened as (
    select
        unit_id, group_number,
        min(event_us) filter (step_number = 2) as open_2, min(event_us) filter (step_number = 3) as open_3,
        min(event_us) filter (step_number = 4) as open_4, min(event_us) filter (step_number = 5) as open_5,
        min(event_us) filter (step_number = 6) as open_6, min(event_us) filter (step_number = 7) as open_7
    from unit_events group by unit_id, group_number
),
closed_3 as (
    select events.unit_id, events.group_number, min(event_us) as closed_3
    from unit_events as events inner join opened
        on events.unit_id = opened.unit_id and events.group_number is not distinct from opened.group_number
    where step_number = 3 and event_us >= open_2 group by all
),
closed_4 as (
    select events.unit_id, events.group_number, min(event_us) as closed_4
    from unit_events as events inner join closed_3 as before
        on events.unit_id = before.unit_id and events.group_number is not distinct from before.group_number
    where step_number = 4 and event_us >= closed_3 group by all
),
closed_5 as (
    select events.unit_id, events.group_number, min(event_us) as closed_5
    from unit_events as events inner join closed_4 as before
        on events.unit_id = before.unit_id and events.group_number is not distinct from before.group_number
    where step_number = 5 and event_us >= closed_4 group by all
),
closed_6 as (
    select events.unit_id, events.group_number, min(event_us) as closed_6
    from unit_events as events inner join closed_5 as before
        on events.unit_id = before.unit_id and events.group_number is not distinct from before.group_number
    where step_number = 6 and event_us >= closed_5 group by all
),
closed_7 as (
    select events.unit_id, events.group_number, min(event_us) as closed_7
    from unit_events as events inner join closed_6 as before
        on events.unit_id = before.unit_id and events.group_number is not distinct from before.group_number
    where step_number = 7 and event_us >= closed_6 group by all
),
all_units as (
    select
        session_id as unit_id, null as group_number, finest_number, true as is_session, is_only_session as is_visitor,
        started_us as open_1
    from session_units
    union all
    select visitor_id, group_number, null, false, true, min(started_us)
    from session_units inner join groups using (finest_number)
    where not is_only_session group by visitor_id, group_number
)
select
    all_units.*, opened.* exclude (unit_id, group_number), open_1 as closed_1, open_2 as closed_2, closed_3, closed_4,
    closed_5, closed_6, closed_7
from all_units
left join opened
    on all_units.unit_id = opened.unit_id and all_units.group_number is not distinct from opened.group_number
left join closed_3
    on all_units.unit_id = closed_3.unit_id and all_units.group_number is not distinct from closed_3.group_number
left join closed_4
    on all_units.unit_id = closed_4.unit_id and all_units.group_number is not distinct from closed_4.group_number
left join closed_5
    on all_units.unit_id = closed_5.unit_id and all_units.group_number is not distinct from closed_5.group_number
left join closed_6
    on all_units.unit_id = closed_6.unit_id and all_units.group_number is not distinct from closed_6.group_number
left join closed_7
    on all_units.unit_id = closed_7.unit_id and all_units.group_number is not distinct from closed_7.group_number;

-- Steps done, with the time to the next one: long, in both modes and for both units.
create table done as
with unpivoted as (
    select
        group_number, finest_number, is_session, is_visitor, step_number,
        [open_1, open_2, open_3, open_4, open_5, open_6, open_7] as open_us,
        [closed_1, closed_2, closed_3, closed_4, closed_5, closed_6, closed_7] as closed_us
    from units cross join steps
),
moded as (
    select * exclude (open_us, closed_us), false as is_closed, open_us[step_number] as this_us,
        open_us[step_number + 1] as next_us
    from unpivoted
    union all
    select * exclude (open_us, closed_us), true, closed_us[step_number], closed_us[step_number + 1]
    from unpivoted
)
select
    group_number, finest_number, is_session, is_visitor, step_number, is_closed,
    case when next_us >= this_us then next_us - this_us end as wait_us
from moded where this_us is not null;

create table done_in_groups as
select groups.group_number, is_session, is_visitor, step_number, is_closed, wait_us
from done inner join groups using (finest_number) where is_session
union all
select group_number, is_session, is_visitor, step_number, is_closed, wait_us from done where not is_session;

-- Medians by sorting: as aggregates they would not fit into memory.
create table daily_funnel as
with unit_rows as (
    select group_number, false as of_visitors, is_closed, step_number, wait_us from done_in_groups where is_session
    union all
    select group_number, true, is_closed, step_number, wait_us from done_in_groups where is_visitor
),
counted as (
    select group_number, of_visitors, is_closed, step_number, count(*) as unit_count from unit_rows group by all
),
ranked as (
    select
        group_number, of_visitors, is_closed, step_number, wait_us,
        row_number() over (partition by group_number, of_visitors, is_closed, step_number order by wait_us) as place,
        count(*) over (partition by group_number, of_visitors, is_closed, step_number) as places
    from unit_rows where wait_us is not null
),
medians as (
    select group_number, of_visitors, is_closed, step_number, cast(min(wait_us) + max(wait_us) as double) / 2000000 as seconds
    from ranked where 2 * place - places between 0 and 2 group by group_number, of_visitors, is_closed, step_number
),
names as (
    select
        groups.*, is_closed, of_visitors, step_number,
        if(is_closed, 'closed_', '') || step as done, if(of_visitors, 'visitor', 'session') as unit
    from (select distinct group_number, session_date, site, channel, device_category, visitor_kind from groups) as groups
    cross join (values (false), (true)) as modes (is_closed)
    cross join (values (false), (true)) as units (of_visitors)
    cross join steps
),
counts as (
    from (
        select
            names.group_number, session_date, site, channel, device_category, visitor_kind,
            if(step_number = 1, '', done || '_') || unit || '_count' as name, coalesce(unit_count, 0) as unit_count
        from names left join counted using (group_number, of_visitors, is_closed, step_number)
    ) pivot (
        max(unit_count) for name in (
            'session_count', 'visitor_count', 'product_view_session_count', 'closed_product_view_session_count',
            'product_view_visitor_count', 'closed_product_view_visitor_count', 'add_to_cart_session_count',
            'closed_add_to_cart_session_count', 'add_to_cart_visitor_count', 'closed_add_to_cart_visitor_count',
            'begin_checkout_session_count', 'closed_begin_checkout_session_count', 'begin_checkout_visitor_count',
            'closed_begin_checkout_visitor_count', 'add_shipping_session_count', 'closed_add_shipping_session_count',
            'add_shipping_visitor_count', 'closed_add_shipping_visitor_count', 'add_payment_session_count',
            'closed_add_payment_session_count', 'add_payment_visitor_count', 'closed_add_payment_visitor_count',
            'purchase_session_count', 'closed_purchase_session_count', 'purchase_visitor_count',
            'closed_purchase_visitor_count'
        )
    )
),
waits as (
    from (
        select group_number, done || '_to_next_' || unit || '_median_seconds' as name, seconds
        from names left join medians using (group_number, of_visitors, is_closed, step_number)
    ) pivot (
        max(seconds) for name in (
            'session_to_next_session_median_seconds', 'closed_session_to_next_session_median_seconds',
            'session_to_next_visitor_median_seconds', 'closed_session_to_next_visitor_median_seconds',
            'product_view_to_next_session_median_seconds', 'closed_product_view_to_next_session_median_seconds',
            'product_view_to_next_visitor_median_seconds', 'closed_product_view_to_next_visitor_median_seconds',
            'add_to_cart_to_next_session_median_seconds', 'closed_add_to_cart_to_next_session_median_seconds',
            'add_to_cart_to_next_visitor_median_seconds', 'closed_add_to_cart_to_next_visitor_median_seconds',
            'begin_checkout_to_next_session_median_seconds', 'closed_begin_checkout_to_next_session_median_seconds',
            'begin_checkout_to_next_visitor_median_seconds', 'closed_begin_checkout_to_next_visitor_median_seconds',
            'add_shipping_to_next_session_median_seconds', 'closed_add_shipping_to_next_session_median_seconds',
            'add_shipping_to_next_visitor_median_seconds', 'closed_add_shipping_to_next_visitor_median_seconds',
            'add_payment_to_next_session_median_seconds', 'closed_add_payment_to_next_session_median_seconds',
            'add_payment_to_next_visitor_median_seconds', 'closed_add_payment_to_next_visitor_median_seconds'
        )
    )
)
select * exclude (group_number) from counts inner join waits using (group_number);
