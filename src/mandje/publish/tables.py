"""What is public: the tables of the marts and predictions, read from the working database's catalogue."""

from __future__ import annotations

from fnmatch import fnmatch
from typing import Any

import duckdb

from mandje.publish.catalogue.public_table import PublicColumn, PublicTable
from mandje.publish.catalogue.view_sql import portable_views

PUBLIC_SCHEMAS = ("marts", "predictions")

# What was said on which night: equal only for equal schedules of nights, so no part of the content hash.
JOURNALS = (
    *("restatements", "*_history", "segment_moves", "data_quality"),
    *("model_quality", "model_calibration", "form_choices", "forecast_results"),
    *("experiment_results", "recommendation_quality"),
)

# The day that a dated fact is kept by: its Parquet has a folder per month of it. Views on DuckDB are tables
# where Spark builds them.
DATE_COLUMNS = {
    "orders": "order_date",
    "order_lines": "order_date",
    "returns": "return_date",
    "adjustments": "adjustment_date",
    "payments": "payment_date",
    "fulfilments": "shipped_date",
    "daily_kpis": "kpi_date",
    "carts": "opened_date",
    "daily_cart_abandonment": "cart_date",
    "daily_funnel": "session_date",
    "browse_abandonment": "session_date",
    "checkout_dropoff": "session_date",
    "sessions": "session_date",
    "session_facts": "session_date",
    "session_customers": "session_date",
    "session_orders": "session_date",
    "cart_facts": "opened_date",
    "order_facts": "order_date",
    "order_customers": "order_date",
    "order_line_facts": "order_date",
    "payment_facts": "payment_date",
    "fulfilment_facts": "shipped_date",
    "landing_pages": "month_start_date",
    "page_performance": "month_start_date",
    "product_returns": "month_start_date",
    "return_reasons": "month_start_date",
    "monthly_cohorts": "month_start_date",
    "excluded_traffic": "session_date",
    "event_facts": "event_date",
    "events": "event_date",
    "messages": "sent_date",
    "daily_messages": "sent_date",
    "service_contacts": "contact_date",
    "daily_channels": "channel_date",
    "customer_predictions_history": "as_of_date",
}


def public_tables(con: duckdb.DuckDBPyConnection) -> tuple[PublicTable, ...]:
    """Tables and views of the public schemas of the current database, by schema and name.

    Each carries its columns in their own order.
    """
    columns: dict[tuple[str, str, str], list[PublicColumn]] = {}
    for schema, table, comment, *column in _catalogue(con):
        columns.setdefault((schema, table, comment), []).append(PublicColumn(*column))
    names = {key: f"{key[0]}.{key[1]}" for key in columns}
    views = portable_views(con, PUBLIC_SCHEMAS, names.values())
    return tuple(
        PublicTable(
            *key,
            columns=tuple(own),
            is_journal=any(fnmatch(key[1], pattern) for pattern in JOURNALS),
            date_column=DATE_COLUMNS.get(key[1]),
            view=views.get(names[key]),
        )
        for key, own in columns.items()
    )


def _catalogue(con: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return con.execute(
        """
        SELECT c.schema_name, c.table_name, coalesce(t.comment, ''), c.column_name, c.data_type,
            c.is_nullable, coalesce(c.comment, '')
        FROM duckdb_columns() AS c
        LEFT JOIN (
            SELECT database_name, schema_name, table_name, comment FROM duckdb_tables()
            UNION ALL
            SELECT database_name, schema_name, view_name, comment FROM duckdb_views()
        ) AS t USING (database_name, schema_name, table_name)
        WHERE c.database_name = current_database() AND list_contains(?, c.schema_name)
        ORDER BY c.schema_name, c.table_name, c.column_index
        """,
        [list(PUBLIC_SCHEMAS)],
    ).fetchall()
