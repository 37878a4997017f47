"""bol: orders and returns as the retailer API writes them."""

from __future__ import annotations

from mandje.adapters.bol.adapter import bol_adapter
from mandje.adapters.bol.tables import KINDS
from mandje.adapters.bol.words import SKIPPED_REASONS

__all__ = ["KINDS", "SKIPPED_REASONS", "bol_adapter"]
