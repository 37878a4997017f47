"""Visits, carts and funnels of a snapshot beside the truth."""
