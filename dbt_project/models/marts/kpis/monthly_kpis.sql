{{ kpi_table('month', 'month_start_date') }}
