"""Kinds of values in `simulation.toml`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[int, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]
Above0 = Annotated[float, Field(gt=0)]
Ratio = Annotated[float, Field(ge=0, le=1)]


class Strict(BaseModel):
    """Settings with no unknown key, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)
