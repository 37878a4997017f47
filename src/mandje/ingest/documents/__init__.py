"""Nested JSON documents (an order with its lines, taxes and refunds) as logical tables of rows."""
