"""The gate: may this night be published, and if not, why and what to do."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from mandje.findings.holds import Hold


@dataclass(frozen=True, slots=True)
class GateInputs:
    """All that the gate looks at, gathered by the pipeline from the night's records.

    `build_marker` is the content of `warehouse/build.json` (None where there is none), with `is_current`:
    nothing was loaded since; `missing_stages` are stages without a record of this night; the sequences of
    text hold one plain line per fault; `kept_rows` counts the raw rows that the warehouse keeps, None before
    it is built; `key_fault` says what is wrong with the key. `holds` are figures that collapsed and that
    nobody let through, `told` warnings of the same comparison.
    """

    as_of_date: date
    build_marker: Mapping[str, Any] | None
    missing_stages: Sequence[str]
    failed_tests: Sequence[str]
    failed_holds: Sequence[str]
    account_differences: Sequence[str]
    refused_deliveries: Sequence[str]
    kept_rows: int | None
    key_fault: str | None
    holds: Sequence[Hold] = ()
    told: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Gate:
    """The verdict; `reasons` is empty where it passed, `holds` are those that a person may let through."""

    passed: bool
    reasons: tuple[str, ...]
    holds: tuple[Hold, ...] = ()
    told: tuple[str, ...] = ()


def gate(inputs: GateInputs) -> Gate:
    """Judge the inputs. Each reason is one line that ends with the next step."""
    reasons = tuple(line.replace("\n", " ") for line in _reasons(inputs))
    return Gate(not reasons, reasons, tuple(inputs.holds), tuple(inputs.told))


def _reasons(inputs: GateInputs) -> Iterator[str]:
    for delivery in inputs.refused_deliveries:
        yield f"{delivery}; put mended files into its folder under exports/, run the night"
    yield from _build_faults(inputs)
    if inputs.missing_stages:
        names = ", ".join(inputs.missing_stages)
        yield f"stages without a record of this night: {names}; run the night again"
    yield from _checked(inputs)
    if inputs.kept_rows == 0:
        yield "no delivered row is kept; `mandje status` shows what was delivered and what was refused"
    if inputs.key_fault is not None:
        yield inputs.key_fault


def _checked(inputs: GateInputs) -> Iterator[str]:
    for test in inputs.failed_tests:
        yield f"test failed: {test}; see dbt_project/DECISIONS.md for what it protects, {_listed(test)}"
    for hold in inputs.failed_holds:
        yield f"check failed: {hold}; mend or replace what it names and run the night, {_listed(hold)}"
    for collapsed in inputs.holds:
        yield (
            f"{collapsed.told}; {collapsed.mend}, or let exactly this through: "
            f"`mandje pass SHOP {shlex.quote(collapsed.figure)} --why TEXT`"
        )
    for difference in inputs.account_differences:
        yield f"accounts do not tie: {difference}; `mandje reconcile` shows every destination"


def _listed(failed: str) -> str:
    """How to see all rows of a failed check, which is told as its name and a sentence."""
    return f"`mandje warnings SHOP {failed.partition(':')[0]}` lists the rows"


def _build_faults(inputs: GateInputs) -> Iterator[str]:
    marker = inputs.build_marker
    if marker is None:
        yield "the warehouse was never built to its end; run the night"
    elif not marker.get("complete"):
        yield "the last build did not end; run the night again"
    elif not marker.get("is_current"):
        yield "deliveries were loaded, changed or withdrawn since the build; run the night again"
    elif marker.get("as_of_date") != inputs.as_of_date.isoformat():
        yield (
            f"the warehouse stands at {marker.get('as_of_date')}, not at {inputs.as_of_date}; "
            "run the night again"
        )
