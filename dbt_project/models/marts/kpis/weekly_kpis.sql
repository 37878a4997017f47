{{ kpi_table('week', 'week_start_date') }}
