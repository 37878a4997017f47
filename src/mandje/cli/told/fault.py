"""Why a stage stopped, in parts: for the scheduler that started it, and for a notice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from mandje.errors import BusyError, ExitCode, MandjeError, WaitingError
from mandje.shop.settings import load_shop

Json = dict[str, Any]


def told_fault(fault: BaseException, folder: Path, stage: str, day: str | None) -> Json:
    """Why a stage stopped: `line` is all of it, the others its parts.

    `reasons` are those of a closed gate, `awaited` is what may still come. A fault that
    Mandje does not know may quote a delivery: `message` then names its kind alone.
    """
    told = {
        "line": str(fault) or type(fault).__name__,
        "exit_code": int(getattr(fault, "exit_code", ExitCode.USER_ERROR)),
        "is_to_mend": isinstance(fault, MandjeError) and not isinstance(fault, BusyError),
        "reasons": _reasons(fault, folder, stage, day),
    }
    if not isinstance(fault, MandjeError):
        kind = type(fault).__name__
        return told | {"message": f"a fault that is not known: {kind}", "next_step": "read the stage's log"}
    parts = {"found": fault.found, "expected": fault.expected, "next_step": fault.next_step}
    told |= {"message": fault.message, "file": where(fault)} | parts
    return told | ({"awaited": _awaited(fault)} if isinstance(fault, WaitingError) else {})


def _awaited(fault: WaitingError) -> Json:
    """What Airflow waits for: a list of folders for each delivery, and until when."""
    return {"folders": fault.folders, "until": fault.until.isoformat()}


def where(fault: MandjeError) -> str | None:
    """The file of a fault, with line and column where they are known."""
    parts = {"line": fault.line, "column": fault.column}
    known = [f"{name} {value}" for name, value in parts.items() if value is not None]
    return ", ".join([fault.file, *known]) if fault.file else None


def _reasons(fault: BaseException, folder: Path, stage: str, day: str | None) -> Sequence[str]:
    if getattr(fault, "exit_code", None) != ExitCode.GATE_CLOSED or stage != "gate" or day is None:
        return ()
    from mandje.night.told_reasons import told_reasons

    return told_reasons(load_shop(folder), date.fromisoformat(day), stage, str(fault))
