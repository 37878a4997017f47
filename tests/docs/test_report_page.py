"""The morning report of a shop that real nights published: its figures, its size, and how soon it is there."""

from __future__ import annotations
