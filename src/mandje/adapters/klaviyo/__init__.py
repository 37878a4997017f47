"""Klaviyo: events of messages, with the profiles and metrics that they name, as its API writes them."""

from __future__ import annotations

from mandje.adapters.klaviyo.adapter import klaviyo_adapter
from mandje.adapters.klaviyo.tables import KINDS
from mandje.adapters.klaviyo.words import SKIPPED_REASONS

__all__ = ["KINDS", "SKIPPED_REASONS", "klaviyo_adapter"]
