"""WooCommerce: orders and refunds as the shop's REST API or a plug-in writes them."""

from __future__ import annotations

from mandje.adapters.woocommerce.adapter import KINDS, woocommerce_adapter
from mandje.adapters.woocommerce.words import SKIPPED_REASONS

__all__ = ["KINDS", "SKIPPED_REASONS", "woocommerce_adapter"]
