"""What a simulated shop is like: `simulation.toml`, strict.

Unknown keys are errors and all faults are reported at once. The defaults are the demo shop; figures with a
source in `README.md` of the demo lie near published market figures.
"""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from mandje.errors import MandjeError
from mandje.shop.settings import faults_in_words
from mandje.simulate.settings.acting import (
    LeftCarts,
    Messaging,
    OrderExperiment,
    has_no_left_carts,
    is_empty,
    is_silent,
)
from mandje.simulate.settings.base import MOST_DAYS, Count, Strict
from mandje.simulate.settings.defects import Defects
from mandje.simulate.settings.nights import Nights
from mandje.simulate.settings.people import SEGMENTS, People, Rhythm, Segment
from mandje.simulate.settings.sales import Sales
from mandje.simulate.settings.season import Season, is_steady
from mandje.simulate.settings.taste import Taste, has_no_taste
from mandje.simulate.settings.visits import Visits

FILE = "simulation.toml"

# Event ids have 16 digits: 568 blocks of 10,000 customers, 2^44 events each, fit.
_MOST_CUSTOMERS = 5_000_000
# Dates before 1990 are no dates of a shop in the feeds' contract; time zones are known until 2099.
_EARLIEST, _LATEST = date(1990, 1, 2), date(2099, 12, 31)
# How far season and growth may take the rates of the segments.
_LEAST_FACTOR, _MOST_FACTOR = 0.02, 20.0
# The earliest year of birth in the contract.
_FIRST_BORN = 1900


class SimulationSettings(Strict):
    """All of `simulation.toml`."""

    seed: Count = 1
    customers: Annotated[int, Field(ge=1, le=_MOST_CUSTOMERS)] = 5000
    days: Annotated[int, Field(ge=30, le=MOST_DAYS)] = 730
    first_day: Annotated[date, Field(ge=_EARLIEST, le=_LATEST)] = date(2023, 6, 1)
    segments: tuple[Segment, ...] = Field(default=SEGMENTS, min_length=1)
    rhythm: Rhythm = Rhythm()
    # Not told where nothing is planted, so that what was simulated before it stands as it is.
    season: Season = Field(default=Season(), exclude_if=is_steady)
    taste: Taste = Field(default=Taste(), exclude_if=has_no_taste)
    messaging: Messaging = Field(default=Messaging(), exclude_if=is_silent)
    left_carts: LeftCarts = Field(default=LeftCarts(), exclude_if=has_no_left_carts)
    experiments: tuple[OrderExperiment, ...] = Field(default=(), max_length=20, exclude_if=is_empty)
    people: People = People()
    sales: Sales = Sales()
    visits: Visits = Visits()
    defects: Defects = Defects()
    nights: Nights = Nights()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        names = [segment.name for segment in self.segments]
        if len(set(names)) < len(names):
            raise ValueError(f"segments need names of their own, not {', '.join(names)}")
        names = [self.sales.experiment.name, *(each.name for each in self.experiments)]
        if len(set(names)) < len(names):
            raise ValueError(f"experiments need names of their own, not {', '.join(names)}")
        if _LATEST - self.first_day < timedelta(days=self.days - 1):
            raise ValueError(f"the last of {self.days} days from {self.first_day} is after {_LATEST}")
        oldest = max(band.oldest for band in self.people.ages)
        if self.first_day.year - oldest < _FIRST_BORN:
            raise ValueError(f"people of {oldest} years on {self.first_day} are born before {_FIRST_BORN}")
        if not is_steady(self.season):
            self._bounds_season()
        if self.defects.changed_lines_alone and self.sales.defects.corrected_orders_with_a_line_less:
            raise ValueError(
                "where lines come as changes (changed_lines_alone), one that a newer version lacks is not "
                "gone; set corrected_orders_with_a_line_less = 0 under [sales.defects] as well"
            )
        if self.defects.changed_lines_alone and self.nights.partial_orders:
            raise ValueError(
                "where lines come as changes (changed_lines_alone), one that comes alone takes none away; "
                "set partial_orders = 0 under [nights]"
            )
        return self

    def _bounds_season(self) -> None:
        """Up to the end of the simulated future, so that times and money stay within 64 bits."""
        days = [self.first_day + timedelta(days=day) for day in range(self.days + 365)]
        orders = [self.season.order_factor(self.first_day, on) for on in days]
        spends = [self.season.spend_factor(self.first_day, on) for on in days]
        for name, factors in (("order rates", orders), ("spend per order", spends)):
            for factor in (min(factors), max(factors)):
                if not _LEAST_FACTOR <= factor <= _MOST_FACTOR:
                    raise ValueError(
                        f"season: {name} become {factor:.3g} times those of the segments, allowed are "
                        f"{_LEAST_FACTOR:g} to {_MOST_FACTOR:g}"
                    )


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
