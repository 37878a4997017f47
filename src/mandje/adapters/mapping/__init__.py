"""Sources that a mapping file explains: flat files, and documents of which a file says where values stand."""

from mandje.adapters.mapping.adapter import mapping_adapter, shipped_kinds

__all__ = ["mapping_adapter", "shipped_kinds"]
