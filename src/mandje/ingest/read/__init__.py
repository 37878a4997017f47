"""Bytes to rows of text: CSV, JSON lines and Parquet, in chunks, every value as it is written."""
