{#- What the sessions so far say of each: of one visitor, or of all visitors who are one customer. -#}

{#- Columns over a window `life`; sessions bring channel, known_channel (null: direct or unknown), started_us. -#}
{% macro channels_looked_back() -%}
    first_value(channel) over life as first_touch_channel,
        {{ last_known('known_channel') }} over life as last_channel,
        {{ last_known('case when known_channel is not null then started_us end') }} over life
            as last_channel_us
{%- endmacro %}

{#- The window itself: everything of a person up to a session. -#}
{% macro life_of(person) -%}
    partition by {{ person }}
        order by started_us asc nulls last, session_id asc nulls last
        rows between unbounded preceding and current row
{%- endmacro %}

{#- The last known channel of the 30 days up to a session, else its own. -#}
{% macro last_non_direct_channel() -%}
    case when started_us - last_channel_us <= {{ 30 * 86400000000 }} then last_channel else channel end
{%- endmacro %}
