{#- Products bought together: what is looked at, and what is beyond chance. -#}

{#- Fewer orders with both products tell nothing of them. -#}
{% macro fewest_orders_of_a_pair() %}5{% endmacro %}

{#- At most the probability that chance makes so many or more where it makes `expected` on average: the upper tail -#}
{#- of a Poisson distribution, n! by Stirling's lower bound and the tail by a geometric series. DOUBLE, n ≥ 1. -#}
{% macro chance_of_at_least(n, expected) -%}
    case
        when {{ n }} <= {{ expected }} then cast(1 as double)
        else least(
            cast(1 as double),
            exp({{ n }} - {{ expected }} - {{ n }} * ln({{ n }} / {{ expected }}))
            / sqrt(2 * pi() * {{ n }}) * ({{ n }} + 1) / ({{ n }} + 1 - {{ expected }})
        )
    end
{%- endmacro %}

{#- Lower end of the 95 % interval of a mean of which n was seen (Byar's approximation). DOUBLE, n ≥ 1. -#}
{% macro lower_count(n) -%}
    ({{ n }} * power(1 - 1 / (9 * {{ n }}) - cast(1.959964 as double) / (3 * sqrt({{ n }})), 3))
{%- endmacro %}
