select
    kpis.site,
    kpis.period_start_date as week_start_date,
    {{ iso_year('kpis.period_start_date') }} as iso_year,
    {{ iso_week('kpis.period_start_date') }} as iso_week,
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
{{ kpi_periods('week') }}
