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

{#- Product of two DECIMAL(18,4) as money: quantity times price, amount times rate. -#}
{% macro money_product(a, b) %}{{ money(product(a, b)) }}{% endmacro %}

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
