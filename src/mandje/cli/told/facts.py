"""Answers for programs: one JSON object whose keys are always there, also where something is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from mandje.cli.screens.terminal import print_data
from mandje.cli.told.fault import where
from mandje.errors import MandjeError
from mandje.shop.settings import Shop, load_shop

Json = dict[str, Any]
Facts = Mapping[str, Callable[[Shop], object]]


class Answer(StrEnum):
    """How an answer is written."""

    TEXT = "text"
    JSON = "json"


AnswerOption = Annotated[
    Answer, typer.Option("--format", help="text, or json: one object whose keys stay as they are.")
]


def print_facts(folder: Path, facts: Facts) -> Json:
    """Print every fact under its name, beside `shop` and `fault`; one that cannot be told is null.

    Raises:
        MandjeError: the first fault, once all is printed: it is under `fault`, too.
    """
    told: Json = {"shop": None, "fault": None, **dict.fromkeys(facts)}
    faults: list[MandjeError] = []
    try:
        shop = load_shop(folder)
        told["shop"] = shop.settings.name
        for name, tell in facts.items():
            told[name] = _told(tell, shop, faults)
    except MandjeError as fault:
        faults.append(fault)
    if faults:
        told["fault"] = _fault(faults[0])
    print_data(json.dumps(told, indent=1, default=str) + "\n")
    if faults:
        raise faults[0]
    return told


def _told(tell: Callable[[Shop], object], shop: Shop, faults: list[MandjeError]) -> object:
    try:
        return tell(shop)
    except MandjeError as fault:
        faults.append(fault)
        return None


def _fault(fault: MandjeError) -> Json:
    parts = {"found": fault.found, "expected": fault.expected, "next_step": fault.next_step}
    return {
        "message": fault.message,
        "file": where(fault),
        **parts,
        "exit_code": int(fault.exit_code),
    }
