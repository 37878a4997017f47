"""A shop is a folder: its settings (`shop.toml`, strict) and its places.

Unknown keys are errors and all faults are reported at once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Annotated, Any

from pydantic import Field, PrivateAttr, ValidationError, ValidationInfo, field_validator, model_validator

from mandje.errors import MandjeError
from mandje.shop.experiments import Experiment, Variant
from mandje.shop.known_adapters import mapping_name
from mandje.shop.mapping_file import MappingFile
from mandje.shop.sections import (
    Carts,
    Costs,
    Customers,
    Engine,
    Ids,
    Internal,
    Notify,
    ReportPage,
    Schedule,
    Sessions,
    Site,
    Totals,
)
from mandje.shop.sources import (
    CurrencyCode,
    Hours,
    Name,
    Positive,
    Source,
    Strict,
    TimeZone,
    default_policies,
)

# In the context of validation: the mapping files that the sources name.
_MAPPINGS = "mappings"


class ShopSettings(Strict):
    """All of `shop.toml`."""

    name: Name
    reporting_currency: CurrencyCode
    time_zone: TimeZone
    sites: dict[Name, Site] = Field(min_length=1)
    sources: dict[Name, Source] = Field(min_length=1)
    sessions: Sessions = Sessions()
    ids: Ids = Ids()
    internal: Internal = Internal()
    carts: Carts = Carts()
    customers: Customers = Customers()
    costs: Costs = Costs()
    totals: Totals = Totals()
    engine: Engine = Engine()
    schedule: Schedule = Schedule()
    report: ReportPage = ReportPage()
    notify: Notify = Notify()
    experiments: dict[Variant, Experiment] = Field(default_factory=dict)
    consent_when_unknown: bool = False
    snapshots_to_keep: Positive = 7
    # A night so many days past the newest delivery shows days that nobody delivered.
    most_days_ahead: Annotated[int, Field(ge=0)] = 3
    # How long after the night's hour a delivery with on_missing = "wait" may still come; a source may have
    # its own.
    missing_deadline_hours: Hours = Decimal(4)
    # Who may read published/ besides the owner.
    published_group: Annotated[str, Field(min_length=1)] | None = None
    # Whether exports may be links to places outside the shop's folder.
    follow_links_outside: bool = False
    # What the files of one delivery may unpack to.
    most_unpacked_bytes: Positive = 8 * 2**30
    # The mapping files that sources name, by name; those that come with Mandje need not be here.
    _mappings: dict[str, MappingFile] = PrivateAttr(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _default_policies(cls, data: object, info: ValidationInfo) -> object:
        sources = data.get("sources") if isinstance(data, dict) else None
        if not isinstance(sources, dict):
            return data
        mappings = _told_mappings(info)
        filled = {
            name: source_policies(name, source, mappings) | source if isinstance(source, dict) else source
            for name, source in sources.items()
        }
        return {**data, "sources": filled} if isinstance(data, dict) else data

    @field_validator("sources")
    @classmethod
    def _only_known_sites(cls, sources: dict[str, Source], info: ValidationInfo) -> dict[str, Source]:
        sites = info.data.get("sites", {})
        for name, source in sources.items():
            prefixed = source.id_prefix if isinstance(source.id_prefix, dict) else {}
            for setting, named in (("id_prefix", prefixed), ("sites", source.sites.values())):
                if unknown := sorted(set(named) - set(sites)):
                    raise ValueError(f"{name}.{setting} names {', '.join(unknown)}, which [sites] has not")
        return sources

    @model_validator(mode="after")
    def _keep_mappings(self, info: ValidationInfo) -> ShopSettings:
        self._mappings.update(_told_mappings(info))
        return self

    def mapping_of(self, source: str) -> MappingFile | None:
        """The mapping file that a source is read by; None: it has an adapter of its own."""
        return _mapping_of(self.sources[source].adapter, self._mappings)

    def has_refunds_in_orders(self, source: str) -> bool:
        """Whether refunds of a source that name an order are parts of the order's own document."""
        mapping = self.mapping_of(source)
        if mapping is None:
            return self.sources[source].has_refunds_in_orders
        return mapping.tells_orders_with_refunds

    def has_summed_totals(self, source: str) -> bool:
        """Whether an order's total is the sum of the lines in its delivery: without any it has none."""
        mapping = self.mapping_of(source)
        return self.sources[source].has_summed_totals if mapping is None else mapping.sums_totals


def _told_mappings(info: ValidationInfo) -> dict[str, MappingFile]:
    return dict((info.context or {}).get(_MAPPINGS, {}))


def _mapping_of(adapter: object, told: Mapping[str, MappingFile]) -> MappingFile | None:
    name = mapping_name(adapter)
    return None if name is None else told.get(name) or _folder().shipped_mapping(name)


def source_policies(
    name: str, source: dict[str, object], told: Mapping[str, MappingFile] = MappingProxyType({})
) -> dict[str, str]:
    """`default_policies` of a source, by the feeds of its mapping where it has one."""
    mapping = _mapping_of(source.get("adapter"), told)
    return default_policies(name, source, mapping.feeds if mapping else None)


def _folder() -> ModuleType:
    """What reads mapping files. It loads the contracts, which Airflow must not to read a DAG without any."""
    from mandje.shop import mapping_folder

    return mapping_folder


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


def load_shop(folder: Path) -> Shop:
    """Read `shop.toml` in `folder`.

    Raises:
        MandjeError: no such file, not TOML, any fault in it; all faults in one error; or an odd path.
    """
    path = folder / "shop.toml"
    _refuse_odd_place(folder.resolve())
    if not path.is_file():
        raise MandjeError(
            f"{folder} is not a shop: it has no shop.toml",
            file=str(path),
            next_step=_meant(folder) or "name the shop's folder, or make one with `mandje init FOLDER`",
        )
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        context = {_MAPPINGS: _read_mappings(folder, content)}
        settings = ShopSettings.model_validate(content, context=context)
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


def _read_mappings(folder: Path, content: dict[str, Any]) -> dict[str, MappingFile]:
    """The mapping files that sources name, as far as shop.toml can be understood."""
    sources = content.get("sources")
    every = sources.values() if isinstance(sources, dict) else ()
    names = {mapping_name(one.get("adapter")) for one in every if isinstance(one, dict)} - {None}
    sites = content.get("sites")
    known = tuple(sites) if isinstance(sites, dict) else ()
    return _folder().read_mappings(folder / "mappings", names, known) if names else {}


def _refuse_odd_place(folder: Path) -> None:
    """DuckDB takes what follows `?` for options of an address, and a backslash for a slash."""
    if odd := sorted({"?", "\\"}.intersection(str(folder))):
        raise MandjeError(
            "no database can be kept in a folder of this name",
            file=str(folder),
            found=" and ".join(odd),
            expected="a path without ? and \\",
            next_step="rename the folder, or move the shop",
        )


def _meant(folder: Path) -> str | None:
    """The shop that was probably meant: one under data/, or the one that the folder lies in."""
    near = (Path("data") / folder, *folder.parents)
    found = next((place for place in near if (place / "shop.toml").is_file()), None)
    return f"did you mean {found}?" if found else None


def faults_in_words(fault: ValidationError) -> str:
    """All faults of a settings file: key, what is wrong, what was found."""
    return " | ".join(_plain(dict(error)) for error in fault.errors())


def _plain(error: dict[str, object]) -> str:
    place = ".".join(str(part) for part in error["loc"]) if isinstance(error["loc"], tuple) else ""
    if error["type"] == "extra_forbidden":
        return f"{place}: unknown key"
    if error["type"] == "missing":
        return f"{place}: missing"
    is_untold = isinstance(error["input"], dict) or place == "notify.webhook"  # it may be a secret
    found = "" if is_untold else f", found {error['input']!r}"
    return f"{place}: {error['msg']}{found}"


def parse_day(text: str) -> date:
    """A day written as YYYY-MM-DD.

    Raises:
        MandjeError: anything else.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise MandjeError("not a day", found=repr(text), expected="YYYY-MM-DD") from None
