"""Mandje turns a web shop's nightly exports into decisions by morning."""
