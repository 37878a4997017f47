"""Adobe Commerce (Magento 2): tables of its database, as they are dumped."""

from __future__ import annotations

from mandje.adapters.magento.adapter import KINDS, magento_adapter
from mandje.adapters.magento.words import SKIPPED_REASONS

__all__ = ["KINDS", "SKIPPED_REASONS", "magento_adapter"]
