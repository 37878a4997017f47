{#- Exact numbers and money, the same on DuckDB and on Spark. Arguments are SQL expressions, as text. -#}

{#- A share as DOUBLE, made last from exact decimals or integers; null where the denominator is 0. -#}
{% macro ratio(numerator, denominator) -%}
    (cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), cast(0 as double)))
{%- endmacro %}

{#- Money as DECIMAL(18,4), rounded half away from zero. -#}
{% macro money(expr) %}cast(round({{ expr }}, 4) as decimal(18, 4)){% endmacro %}

{#- Product of two DECIMAL(18,4) with all 8 decimals: DuckDB's own has 18 digits and fails from 10^10 on. -#}
{% macro product(a, b) %}{{ return(adapter.dispatch('product', 'mandje')(a, b)) }}{% endmacro %}
{% macro duckdb__product(a, b) -%}
    (cast({{ a }} as decimal(38, 4)) * cast({{ b }} as decimal(18, 4)))
{%- endmacro %}
{% macro spark__product(a, b) -%}
    (cast({{ a }} as decimal(18, 4)) * cast({{ b }} as decimal(18, 4)))
{%- endmacro %}

{#- Product of two DECIMAL(18,4) as money: quantity times price. -#}
{% macro money_product(a, b) %}{{ money(product(a, b)) }}{% endmacro %}

{#- An amount at an exchange rate, as money. The product has 37 digits, on Spark 38: both engines hold it exactly. -#}
{% macro at_rate(amount, rate) -%}
    {{ money('cast(' ~ amount ~ ' as decimal(18, 4)) * cast(' ~ rate ~ ' as decimal(19, 12))') }}
{%- endmacro %}

{#- An amount at one exchange rate and back at another, as money: rounded once, in whole numbers. Null where the -#}
{#- other rate is 0. -#}
{% macro at_rates(amount, rate, other_rate) -%}
    {%- set a = "cast(abs(cast(" ~ amount ~ " as decimal(18, 4))) * 10000 as decimal(18, 0))" -%}
    {%- set r = "cast(cast(" ~ rate ~ " as decimal(19, 12)) * 1000000000000 as decimal(19, 0))" -%}
    {%- set o = "nullif(cast(cast(" ~ other_rate ~ " as decimal(19, 12)) * 1000000000000 as decimal(19, 0)), 0)" -%}
    cast(
        case when {{ amount }} < 0 then -1 else 1 end
        * cast({{ whole_quotient(a ~ " * " ~ r ~ " * 2 + " ~ o, o ~ " * 2") }} as decimal(24, 0))
        * cast(0.0001 as decimal(4, 4)) as decimal(18, 4)
    )
{%- endmacro %}

{#- An exchange rate written as text in Jinja, as DECIMAL(19,12). -#}
{% macro rate_number(text) %}cast('{{ text }}' as decimal(19, 12)){% endmacro %}

{#- Quotient of two whole numbers without its remainder, the divisor above 0. -#}
{% macro whole_quotient(a, b) %}{{ return(adapter.dispatch('whole_quotient', 'mandje')(a, b)) }}{% endmacro %}
{% macro duckdb__whole_quotient(a, b) %}(cast({{ a }} as hugeint) // cast({{ b }} as hugeint)){% endmacro %}
{% macro spark__whole_quotient(a, b) %}(cast({{ a }} as decimal(38, 0)) div cast({{ b }} as decimal(38, 0))){% endmacro %}

{#- A decimal divided by one above 0, exact, rounded half away from zero to `places` decimals; null where the divisor -#}
{#- is 0. Both engines would divide decimals their own way, DuckDB through doubles. -#}
{% macro decimal_quotient(numerator, denominator, places) -%}
    {%- set n = "abs(cast(" ~ numerator ~ " as decimal(38, 8))) * 200000000" -%}
    {%- set d = "nullif(cast(" ~ denominator ~ " as decimal(38, 4)), 0) * " ~ 10 ** (8 - places) -%}
    cast(
        case when {{ numerator }} < 0 then -1 else 1 end
        * cast({{ whole_quotient(n ~ " + " ~ d, d ~ " * 2") }} as decimal(24, 0))
        * cast({{ 10 ** -places }} as decimal({{ places }}, {{ places }})) as decimal(18, {{ places }})
    )
{%- endmacro %}

{#- The quotient as money, DECIMAL(18,4). -#}
{% macro money_quotient(numerator, denominator) %}{{ decimal_quotient(numerator, denominator, 4) }}{% endmacro %}

{#- The quotient to the cent, DECIMAL(18,2). -#}
{% macro cents_quotient(numerator, denominator) %}{{ decimal_quotient(numerator, denominator, 2) }}{% endmacro %}

{#- A number written as text in Jinja, such as var('margin_ratio'), as DECIMAL(18,4). -#}
{% macro number(text) %}cast('{{ text }}' as decimal(18, 4)){% endmacro %}
