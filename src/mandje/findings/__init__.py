"""Checks that failed, of whatever kind, and the keys of the rows that failed them."""
