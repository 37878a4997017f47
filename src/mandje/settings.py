"""A shop is a folder: its settings (`shop.toml`, strict) and its places.

Unknown keys are errors and all faults are reported at once.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from mandje.closed_days import closed_days, closed_texts
from mandje.errors import MandjeError

Positive = Annotated[int, Field(gt=0)]
Amount = Annotated[Decimal, Field(ge=0)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
AdapterName = Literal["canonical", "online_retail", "thelook"]

# Sources of an adapter that hold orders; None: every one. A night without them would publish wrong sales.
_HOLDS_ORDERS: dict[str, frozenset[str] | None] = {
    "canonical": frozenset({"orders", "order_lines"}),
    "online_retail": None,
    "thelook": frozenset({"orders"}),
}


def _known_time_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("not a time zone name such as Europe/Amsterdam")
    return name


TimeZone = Annotated[str, AfterValidator(_known_time_zone)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Site(_Strict):
    """One site of the shop: its clock and the currency that it sells in."""

    time_zone: TimeZone
    currency: CurrencyCode


class Source(_Strict):
    """One folder under `exports/`: who reads it, how often it comes, and what its faults do to a night.

    `expected` is its rhythm, but for the days in `closed`. `on_refused`, `on_missing` and `on_gone` say what
    a refused delivery, a missing one of the night's own day, and loaded deliveries that left en masse do.
    """

    adapter: AdapterName
    on_refused: Literal["stop", "go_on"]
    expected: Literal["daily", "weekly", "any"] = "any"
    on_missing: Literal["wait", "stop", "go_on"]
    closed: Annotated[tuple[str, ...], BeforeValidator(closed_texts)] = ()
    on_gone: Literal["stop", "go_on"] = "stop"

    def is_closed(self, day: date) -> bool:
        """Whether nothing is due on a day: a weekday or a span of days that `closed` names."""
        return any(closed.holds(day) for closed in map(closed_days, self.closed))


class Sessions(_Strict):
    """How visits are cut."""

    gap_minutes: Positive = 30


class Internal(_Strict):
    """Visits of the shop's own people, which are counted apart: hosts in small letters, customer ids."""

    hosts: tuple[Annotated[str, Field(pattern=r"^[a-z0-9.-]+$")], ...] = ()
    customers: tuple[Annotated[str, Field(min_length=1)], ...] = ()


class Carts(_Strict):
    """When a cart counts as silent, and when it ends."""

    silence_minutes: Positive = 60
    end_days: Positive = 30


class Customers(_Strict):
    """How the future of customers is looked at."""

    churn_horizon_days: Positive = 90
    left_truncation_days: Annotated[int, Field(ge=0)] = 60
    discount_rate_per_year: Annotated[Decimal, Field(ge=0, lt=1)] = Decimal("0.10")


class Costs(_Strict):
    """Defaults where the exports name no cost; money in the reporting currency."""

    margin_ratio: Annotated[Decimal, Field(gt=0, le=1)] = Decimal("0.40")
    shipping_cost_per_order_amount: Amount = Decimal(0)
    service_cost_per_order_amount: Amount = Decimal(0)


class Spark(_Strict):
    """Where Spark runs (this machine unless told) and its own settings by their own names."""

    master: Annotated[str, Field(min_length=1)] | None = None
    conf: dict[str, str] = {}


class Engine(_Strict):
    """Who builds the marts, and what the engine may use."""

    build: Literal["duckdb", "spark"] = "duckdb"
    memory_limit: Annotated[str, Field(pattern=r"^[0-9]+(MiB|GiB)$")] = "3GiB"
    threads: Positive | None = None
    spark: Spark = Spark()


class Schedule(_Strict):
    """When the night starts, on the shop's clock; off for a shop whose exports have ended."""

    cron: str = "0 3 * * *"
    is_on: bool = True


class ShopSettings(_Strict):
    """All of `shop.toml`."""

    name: Name
    reporting_currency: CurrencyCode
    time_zone: TimeZone
    sites: dict[Name, Site] = Field(min_length=1)
    sources: dict[Name, Source] = Field(min_length=1)
    sessions: Sessions = Sessions()
    internal: Internal = Internal()
    carts: Carts = Carts()
    customers: Customers = Customers()
    costs: Costs = Costs()
    engine: Engine = Engine()
    schedule: Schedule = Schedule()
    consent_when_unknown: bool = False
    snapshots_to_keep: Positive = 7
    # A night so many days past the newest delivery shows days that nobody delivered.
    most_days_ahead: Annotated[int, Field(ge=0)] = 3
    # How long after the night's hour a delivery with on_missing = "wait" may still come.
    missing_deadline_hours: Positive = 4
    # Who may read published/ besides the owner.
    published_group: Annotated[str, Field(min_length=1)] | None = None
    # Whether exports may be links to places outside the shop's folder.
    follow_links_outside: bool = False

    @model_validator(mode="before")
    @classmethod
    def _default_policies(cls, data: object) -> object:
        sources = data.get("sources") if isinstance(data, dict) else None
        if not isinstance(sources, dict):
            return data
        filled = {
            name: _policies(name, source) | source if isinstance(source, dict) else source
            for name, source in sources.items()
        }
        return {**data, "sources": filled} if isinstance(data, dict) else data


def _policies(name: str, source: dict[str, object]) -> dict[str, str]:
    """What holds orders stops the night when refused and is waited for, unless shop.toml says otherwise."""
    names = _HOLDS_ORDERS.get(str(source.get("adapter")), frozenset())
    if names is None or name in names:
        return {"on_refused": "stop", "on_missing": "wait"}
    return {"on_refused": "go_on", "on_missing": "go_on"}


@dataclass(frozen=True)
class Shop:
    """A shop's folder with its settings: the one place that knows where things are."""

    folder: Path
    settings: ShopSettings

    @property
    def exports(self) -> Path:
        """What the shop's systems drop: `exports/<source>/<delivery date>/<files>`."""
        return self.folder / "exports"

    @property
    def source(self) -> Path:
        """Shipped input of a sample shop, from which `mandje prepare` makes its exports."""
        return self.folder / "source"

    @property
    def raw(self) -> Path:
        """Parsed partitions: `raw/<source>/<delivery date>/<sha256-12>/`."""
        return self.folder / "raw"

    @property
    def quarantine(self) -> Path:
        """Refused deliveries, bytes and reason."""
        return self.folder / "quarantine"

    @property
    def ops(self) -> Path:
        """Small files about runs: `ops/nights/<run date>/<stage>.json` and others."""
        return self.folder / "ops"

    @property
    def warehouse(self) -> Path:
        """The working database file; only the night opens it."""
        return self.folder / "warehouse" / "mandje.duckdb"

    @property
    def published(self) -> Path:
        """Snapshots, and the link `current`."""
        return self.folder / "published"

    @property
    def key_file(self) -> Path:
        """The secret key of the e-mail hash, mode 600."""
        return self.folder / "secret.key"

    def site_time_zone(self, site: str) -> ZoneInfo:
        """The clock of a site."""
        return ZoneInfo(self.settings.sites[site].time_zone)


def load_shop(folder: Path) -> Shop:
    """Read `shop.toml` in `folder`.

    Raises:
        MandjeError: no such file, not TOML, or any fault in it; all faults in one error.
    """
    path = folder / "shop.toml"
    if not path.is_file():
        raise MandjeError(
            f"{folder} is not a shop: it has no shop.toml",
            file=str(path),
            next_step="name the shop's folder, or make one with `mandje init FOLDER`",
        )
    try:
        settings = ShopSettings.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise MandjeError(
            "shop.toml cannot be read as TOML",
            file=str(path),
            found=str(fault),
            next_step="mend that line; text needs quotes, yes and no are true and false",
        ) from None
    except ValidationError as fault:
        raise MandjeError(
            f"shop.toml has {fault.error_count()} fault(s)",
            file=str(path),
            found=faults_in_words(fault),
            next_step="mend these keys; the shop.toml that `mandje init` writes explains every setting",
        ) from None
    return Shop(folder.resolve(), settings)


def faults_in_words(fault: ValidationError) -> str:
    """All faults of a settings file: key, what is wrong, what was found."""
    return " | ".join(_plain(dict(error)) for error in fault.errors())


def _plain(error: dict[str, object]) -> str:
    place = ".".join(str(part) for part in error["loc"]) if isinstance(error["loc"], tuple) else ""
    if error["type"] == "extra_forbidden":
        return f"{place}: unknown key"
    if error["type"] == "missing":
        return f"{place}: missing"
    return f"{place}: {error['msg']}, found {error['input']!r}"


def parse_day(text: str) -> date:
    """A day written as YYYY-MM-DD.

    Raises:
        MandjeError: anything else.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise MandjeError("not a day", found=repr(text), expected="YYYY-MM-DD") from None
