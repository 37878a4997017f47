{#- Events of a clock that is wrong: timed long before their delivery, though that brings no history. -#}

{#- A delivery brings history where at least so many of its events, and this share in percent, are that old. -#}
{#- Even then what lies beyond so many days without any event, before its median day, is of a wrong clock. -#}
{% macro history_rule() %}{{ return({'events': 20, 'percent': 1, 'gap_days': 90}) }}{% endmacro %}

{#- Whether an event is of one: of a relation joined with `int_wrong_clocks_found as wrong`. -#}
{% macro is_of_wrong_clock(event_at) -%}
    coalesce({{ epoch_us(event_at) }} < (wrong.last_day_number + 1) * 86400000000, false)
{%- endmacro %}
