{#- What follows a message. -#}

{#- How long an order is said to follow a message, in microseconds: 7 times 24 hours. -#}
{% macro following_us() %}(cast(7 as bigint) * 86400000000){% endmacro %}
