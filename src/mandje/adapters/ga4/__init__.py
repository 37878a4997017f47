"""Google Analytics 4: events of the daily export to BigQuery."""

from __future__ import annotations

from mandje.adapters.ga4.adapter import ga4_adapter
from mandje.adapters.ga4.tables import KINDS
from mandje.adapters.ga4.words import SKIPPED_REASONS

__all__ = ["KINDS", "SKIPPED_REASONS", "ga4_adapter"]
