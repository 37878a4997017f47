"""Kinds of values in `simulation.toml`.

Each is bounded so that whatever is accepted can be simulated: nothing overflows, and no ids clash.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MOST_DAYS = 3650

Count = Annotated[int, Field(ge=0)]
# How many of something are planted.
Planted = Annotated[int, Field(ge=0, le=10_000)]


def is_nothing(count: float) -> bool:
    """Whether none of a class is planted."""
    return count == 0


# The same of classes that came later: 0 is not told, so that what was simulated before them stands as it is.
PlantedLater = Annotated[int, Field(ge=0, le=10_000, exclude_if=is_nothing)]
Days = Annotated[int, Field(ge=1, le=MOST_DAYS)]
Cents = Annotated[int, Field(ge=0, le=10_000_000)]
Ratio = Annotated[float, Field(ge=0, le=1)]
# Of a whole: shares count to a millionth, and need not add up to 1.
Share = Annotated[float, Field(ge=1e-6, le=1e6)]
# Names are written into exports and truth.
Name = Annotated[str, Field(pattern=r"^\w[\w -]*$", max_length=60)]

Whole = TypeVar("Whole", bound=int)


def _in_order(span: tuple[int, int]) -> tuple[int, int]:
    least, most = span
    if least > most:
        raise ValueError(f"a range from the least to the most, but {least} is more than {most}")
    return span


def _some(weights: tuple[int, ...]) -> tuple[int, ...]:
    if not any(weights):
        raise ValueError("one weight at least must be above 0")
    return weights


# The least and the most, both included.
Span = Annotated[tuple[Whole, Whole], AfterValidator(_in_order)]
Weight = Annotated[int, Field(ge=0, le=1_000_000)]
Weights = Annotated[tuple[Weight, ...], AfterValidator(_some)]


class Strict(BaseModel):
    """Settings with no unknown key, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
