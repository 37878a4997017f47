{{ config(materialized=view_on_duckdb()) }}
-- Due events, each in its session: all but engagement, which only makes a session longer.
select * from {{ ref('int_events_placed') }}
where event_type <> 'engagement'
