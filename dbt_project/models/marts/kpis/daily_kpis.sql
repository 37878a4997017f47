{{ kpi_table('day', 'kpi_date') }}
