{#- Which known site a host is, and whose host it is. Names of hosts come by host_name(). -#}

{#- Second levels under which countries sell names, such as co in co.uk. -#}
{% macro second_levels() %}(ac|co|com|edu|gov|ne|net|or|org){% endmacro %}

{#- The brand whose country this host serves, such as google for google.co.uk; null for any other host. -#}
{% macro site_brand(host) -%}
    nullif(regexp_extract({{ host }}, '^([a-z0-9_-]+)[.](com|({{ second_levels() }}[.])?[a-z][a-z])$', 1), '')
{%- endmacro %}

{#- The part of a host that somebody bought, such as shop.co.uk of pay.shop.co.uk; '' where it has none. -#}
{% macro bought_domain(host) -%}
    regexp_extract({{ host }}, '([a-z0-9_-]+[.]({{ second_levels() }}[.][a-z][a-z]|[a-z]+))$', 1)
{%- endmacro %}

{#- The name in it, such as shop of pay.shop.co.uk; of a name without a full stop, itself. -#}
{% macro bought_name(host) -%}
    case
        when {{ matches(host, "'[.]'") }} then regexp_extract({{ bought_domain(host) }}, '^([a-z0-9_-]+)[.]', 1)
        else {{ host }}
    end
{%- endmacro %}

{#- Whether a host is another one or below it; below a mere ending (co.uk, localhost) is nothing. -#}
{% macro is_within(host, upper_host) -%}
    (
        {{ host }} = {{ upper_host }}
        or (
            right({{ host }}, length({{ upper_host }}) + 1) = '.' || {{ upper_host }}
            and {{ matches(upper_host, "'[.]'") }}
            and not {{ matches(upper_host, "'^" ~ second_levels() ~ "[.][a-z][a-z]$'") }}
        )
    )
{%- endmacro %}

{#- Joins of the known site a host is: the host itself (as `hosts`), else its brand (as `brands`). -#}
{% macro join_traffic_sites(host) -%}
    left join {{ ref('traffic_sites') }} as hosts on {{ host }} = hosts.traffic_site
    left join {{ ref('traffic_sites') }} as brands
        on {{ site_brand(host) }} = brands.traffic_site and brands.has_country_hosts
{%- endmacro %}
