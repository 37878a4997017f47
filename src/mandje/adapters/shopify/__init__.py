"""Shopify: orders, sales and customers as its bulk operations write them."""

from __future__ import annotations

from mandje.adapters.shopify.adapter import shopify_adapter
from mandje.adapters.shopify.bulk_tables import KINDS
from mandje.adapters.shopify.sales import SKIPPED_REASONS

__all__ = ["KINDS", "SKIPPED_REASONS", "shopify_adapter"]
