"""The morning report of a shop that real nights published: its figures, its size, how soon it is there."""

from __future__ import annotations
