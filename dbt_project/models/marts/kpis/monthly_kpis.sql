select
    kpis.site,
    kpis.period_start_date as month_start_date,
    history.history_start_date,
    {{ kpi_columns() }},
    kpis.retained_customer_count,
    kpis.retention_ratio,
    {{ kpi_columns_before() }},
    kpis.previous_retention_ratio,
    kpis.year_before_retention_ratio,
    kpis.is_complete,
    kpis.has_missing_delivery,
    kpis.is_return_ratio_mature
{{ kpi_periods('month') }}
