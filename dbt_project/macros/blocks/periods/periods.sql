{#- Days, weeks and months as periods, each known by its first day. Weeks are ISO weeks and begin on Monday. -#}
{% macro grains() %}{{ return(['day', 'week', 'month']) }}{% endmacro %}

{#- 1970-01-05 was a Monday. -#}
{% macro iso_weekday(date) %}(mod({{ day_diff(day('1970-01-05'), date) }}, 7) + 1){% endmacro %}
{% macro week_start(date) %}{{ add_days(date, '1 - ' ~ iso_weekday(date)) }}{% endmacro %}

{#- Number and year of the week that a Monday begins: its Thursday decides which year it belongs to. -#}
{% macro iso_week(monday) -%}
    (cast(floor((extract(doy from {{ add_days(monday, 3) }}) - 1) / 7) as bigint) + 1)
{%- endmacro %}
{% macro iso_year(monday) %}cast(extract(year from {{ add_days(monday, 3) }}) as bigint){% endmacro %}

{#- First day of the period that a day lies in. -#}
{% macro period_start(day, grain) -%}
    {%- if grain == 'month' %}{{ month_start(day) }}
    {%- elif grain == 'week' %}{{ week_start(day) }}
    {%- else %}{{ day }}{% endif -%}
{%- endmacro %}

{#- Last day of the period that a first day begins. -#}
{% macro period_end(first_day, grain) -%}
    {%- if grain == 'month' %}{{ month_end(first_day) }}
    {%- elif grain == 'week' %}{{ add_days(first_day, 6) }}
    {%- else %}{{ first_day }}{% endif -%}
{%- endmacro %}

{#- First day of the period before the one that a first day begins. -#}
{% macro previous_start(first_day, grain) %}{{ period_start(add_days(first_day, -1), grain) }}{% endmacro %}

{#- First day of the period of the year before: 364 days earlier, the week of the same number (null where that -#}
{#- year has no week 53), the same month. -#}
{% macro year_before_start(first_day, grain) -%}
    {%- if grain == 'month' %}{{ month_start(add_days(first_day, -365)) }}
    {%- elif grain == 'week' -%}
        case
            {% for days in [364, 371] -%}
                when {{ iso_week(add_days(first_day, -days)) }} = {{ iso_week(first_day) }}
                    then {{ add_days(first_day, -days) }}
            {% endfor -%}
        end
    {%- else %}{{ add_days(first_day, -364) }}{% endif -%}
{%- endmacro %}

{#- In an aggregate, over rows that know the day of the row before of the same visitor, customer …, on the site -#}
{#- and on any site: how many of them there are by period. Each counts on its first day in the period, so that -#}
{#- the days of a period add up to its different ones. -#}
{% macro counted_once(name, day, previous_on_site, previous_anywhere) -%}
    {%- for prefix, previous in [('', previous_on_site), ('shop_', previous_anywhere)] -%}
        {%- for grain in grains() -%}
            count(
                case
                    when {{ previous }} is null or {{ previous }} < {{ period_start(day, grain) }} then 1
                end
            ) as {{ prefix }}{{ name }}_count_{{ grain }}{{ ',' if not loop.last }}
        {% endfor -%}
        {{- ',' if not loop.last }}
    {% endfor -%}
{%- endmacro %}

{#- Feeds without which fewer orders are known, and feeds whose money a contribution of orders is made of. -#}
{% macro holds_orders(feed) %}{{ feed }} in ('orders', 'order_lines'){% endmacro %}
{% macro holds_money_of_orders(feed) -%}
    ({{ holds_orders(feed) }} or {{ feed }} in ('returns', 'adjustments', 'service_contacts'))
{%- endmacro %}
