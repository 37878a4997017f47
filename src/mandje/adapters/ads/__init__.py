"""Advertising cost: reports of Google Ads, Meta Ads and Microsoft Advertising, as they are downloaded."""

from __future__ import annotations

from mandje.adapters.ads.adapter import (
    KINDS,
    SKIPPED_REASONS,
    google_ads_adapter,
    meta_ads_adapter,
    microsoft_ads_adapter,
)

__all__ = [
    "KINDS",
    "SKIPPED_REASONS",
    "google_ads_adapter",
    "meta_ads_adapter",
    "microsoft_ads_adapter",
]
