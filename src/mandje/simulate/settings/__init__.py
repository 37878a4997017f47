"""What a simulated shop is like: `simulation.toml`, strict.

Unknown keys are errors and all faults are reported at once. The defaults are the demo shop; figures with a
source in `README.md` of the demo lie near published market figures.
"""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from mandje.errors import MandjeError
from mandje.settings import faults_in_words
from mandje.simulate.settings.base import Count, Positive, Strict
from mandje.simulate.settings.defects import Defects
from mandje.simulate.settings.people import SEGMENTS, People, Rhythm, Segment
from mandje.simulate.settings.sales import Sales
from mandje.simulate.settings.visits import Visits

FILE = "simulation.toml"


class SimulationSettings(Strict):
    """All of `simulation.toml`."""

    seed: Count = 1
    customers: Positive = 5000
    days: Annotated[int, Field(ge=30)] = 730
    first_day: date = date(2023, 6, 1)
    segments: tuple[Segment, ...] = Field(default=SEGMENTS, min_length=1)
    rhythm: Rhythm = Rhythm()
    people: People = People()
    sales: Sales = Sales()
    visits: Visits = Visits()
    defects: Defects = Defects()


def read_settings(folder: Path) -> SimulationSettings:
    """Read `simulation.toml` in `folder`.

    Raises:
        MandjeError: no such file, not TOML, or any fault in it; all faults in one error.
    """
    path = folder / FILE
    try:
        return SimulationSettings.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise MandjeError(f"{folder} is no simulated shop: it has no {FILE}", file=str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise MandjeError(f"{FILE} cannot be read as TOML", file=str(path), found=str(fault)) from None
    except ValidationError as fault:
        raise MandjeError(
            f"{FILE} has {fault.error_count()} fault(s)", file=str(path), found=faults_in_words(fault)
        ) from None
