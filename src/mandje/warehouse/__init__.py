"""The working database: raw views, the dbt build, and what became of raw rows."""
