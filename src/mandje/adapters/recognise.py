"""What a file is, by its content."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from mandje.adapters.base import Kind


def kind_of(path: Path, kinds: Sequence[Kind]) -> Kind | None:
    """The kind of a file among those of one adapter; None where it is none of them."""
    first = path.read_text(encoding="utf-8").lstrip("[\n ").split("\n", 1)[0].rstrip(",]")
    try:
        names = json.loads(first)
    except ValueError:
        names = dict.fromkeys(first.split(","))
    fits = [
        k
        for k in kinds
        if k.needed <= set(names) and all(str(names.get(n)).startswith(v) for n, v in k.fixed)
    ]
    return max(fits, key=lambda kind: len(kind.needed), default=None)
