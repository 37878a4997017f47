select
    kpis.site,
    kpis.period_start_date as kpi_date,
    history.history_start_date,
    {{ kpi_columns() }},
    {{ kpi_columns_before() }},
    kpis.is_complete,
    kpis.has_missing_delivery,
    kpis.is_return_ratio_mature
{{ kpi_periods('day') }}
