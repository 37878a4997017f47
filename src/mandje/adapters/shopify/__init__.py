"""Shopify: what its bulk operations write, and the orders export of its admin."""

from __future__ import annotations

from mandje.adapters.shopify import csv_feeds, sales
from mandje.adapters.shopify.adapter import KINDS, shopify_adapter

SKIPPED_REASONS: dict[str, str] = sales.SKIPPED_REASONS | csv_feeds.SKIPPED_REASONS

__all__ = ["KINDS", "SKIPPED_REASONS", "shopify_adapter"]
