"""Reference rates of the European Central Bank, as its site and its data API write them."""

from __future__ import annotations

from mandje.adapters.ecb.adapter import SKIPPED_REASONS, ecb_adapter
from mandje.adapters.ecb.tables import KINDS

__all__ = ["KINDS", "SKIPPED_REASONS", "ecb_adapter"]
