{#- Since when a version was known, and until when. A delivery holds what was known when its day ended. What a -#}
{#- source's first delivery holds was known on its own day: a history that came at once was not unknown before. -#}

{% macro first_deliveries(relation) -%}
    select
        delivery_source,
        min(delivery_date) as first_delivery_date
    from {{ relation }}
    group by delivery_source
{%- endmacro %}

{#- `firsts` are the first deliveries that `versions` are joined to; `own_date` is the day of what they tell. -#}
{% macro known_from(versions, firsts, own_date) -%}
    case
        when {{ versions }}.delivery_date = {{ firsts }}.first_delivery_date then {{ own_date }}
        else greatest({{ versions }}.delivery_date, {{ own_date }})
    end
{%- endmacro %}

{#- The day on which a better version of the same key became known; null where there is none. -#}
{% macro known_until(key, best_first) -%}
    min(known_from_date) over (
        partition by {{ key }} order by {{ best_first }}
        rows between unbounded preceding and 1 preceding
    )
{%- endmacro %}
