"""Adapters map a source's own shape to canonical feeds."""
