{#- The clock of a row that names an order and no site: of that order's site, or of the shop where the order is not -#}
{#- known. `clocks` is the alias of int_order_clocks_found. -#}
{% macro order_clock(clocks) %}coalesce({{ clocks }}.time_zone, '{{ var('time_zone') }}'){% endmacro %}
