"""A sentence of the morning, before it is put into a language."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Words:
    """A part of a sentence that is itself of the table of words, with values of its own."""

    key: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sentence:
    """Something that is otherwise than it was.

    `kind` names its words, `section` the section of the page that shows more. `unusual` is minus the
    decimal logarithm of how often chance alone would say as much on an ordinary night, all figures that
    were looked at counted: 3 is one night in a thousand. Of what is known, not judged, it is infinite.
    What a value is follows from how its name ends, as everywhere on the page; some are `Words`.
    `sql` is one query on the snapshot: its only row holds every number of the sentence, by the same names.
    """

    kind: str
    section: str
    unusual: float
    values: dict[str, Any]
    sql: str
