"""Why a delivery is refused whole: a file that cannot be read, or too many rejected rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date

import polars as pl

from mandje.adapters.recognise import recognise
from mandje.adapters.recognise.homes import sources_reading, told
from mandje.errors import ExitCode, MandjeError
from mandje.ingest.exports.deliveries import Delivery, shown
from mandje.ingest.read.parsed import FileFault
from mandje.ingest.rules.mapped_files import Lack, lack_of
from mandje.shop.known_adapters import MAPPING
from mandje.shop.settings import ShopSettings
from mandje.system.own_files import Json

# More than 5 % and at least 20 rejected rows refuse a delivery.
MAX_REJECTED_PERCENT = 5
MIN_REJECTED_ROWS = 20
# A file that is refused for these reasons may be of another source.
OTHERS_FILE = frozenset({"header", "unknown_file", "not_its_format"})
# So many refused deliveries are named; the rest is counted.
NAMED = 5

_MEND = "let the shop's system deliver this folder again, or mend the file in it, and run the night again"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused delivery and the first place that is at fault; `reason` is a short name, `message` words.

    `file` is the path from the shop's folder, `files` the hash of every file. Rows and money of a refused
    delivery are unknown.
    """

    source: str
    delivery_date: str
    sha256: str
    reason: str
    message: str
    file: str | None = None
    line: int | None = None
    column: str | None = None
    found: str | None = None
    expected: str | None = None
    next_step: str | None = _MEND
    files: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> Json:
        """Plain content of `refusal.json`."""
        return asdict(self)

    def as_error(self, others: Sequence[Refusal] = ()) -> MandjeError:
        """The error that stops a night; `others` are further deliveries that stop it too."""
        return MandjeError(
            f"delivery {self.source} {self.delivery_date} is refused: {self.message}{_and_others(others)}",
            file=self.file,
            line=self.line,
            column=self.column,
            found=self.found,
            expected=self.expected,
            next_step=self.next_step,
            exit_code=ExitCode.NIGHT_STOPPED,
        )


def newest_first(refusals: Iterable[Refusal]) -> list[Refusal]:
    """Refusals in the order in which a person wants to read them."""
    by_source = sorted(refusals, key=lambda one: one.source)
    return sorted(by_source, key=lambda one: one.delivery_date, reverse=True)


def told_refusals(refusals: Iterable[Refusal]) -> list[str]:
    """The newest refusals in a line each, and how many more there are."""
    ordered = newest_first(refusals)
    told = [str(one.as_error()) for one in ordered[:NAMED]]
    left = len(ordered) - len(told)
    return [*told, f"{left} more refused deliveries: `mandje rejects SHOP` lists all"] if left else told


def _and_others(others: Sequence[Refusal]) -> str:
    if not others:
        return ""
    named = ", ".join(f"{one.source} {one.delivery_date}" for one in others[: NAMED - 1])
    left = len(others) - (NAMED - 1)
    return f"; refused too: {named}" + (f" and {left} more (`mandje rejects SHOP`)" if left > 0 else "")


def refuse_file(delivery: Delivery, fault: FileFault, settings: ShopSettings) -> Refusal:
    """The refusal that follows from a file that cannot be read; of one that is something else, what it is."""
    error = fault.error
    lack = _lack(delivery, fault, settings)
    return Refusal(
        delivery.source,
        delivery.delivery_date.isoformat(),
        delivery.sha256,
        fault.reason,
        error.message,
        _place(delivery, fault),
        error.line,
        error.column,
        error.found if lack is None else lack.found,
        error.expected,
        _next_step(delivery, fault, settings, error.next_step if lack is None else lack.next_step),
    )


def _lack(delivery: Delivery, fault: FileFault, settings: ShopSettings) -> Lack | None:
    """What a file of a mapping lacks."""
    mapping, name = settings.mapping_of(delivery.source), settings.sources[delivery.source].adapter
    if mapping is None or fault.reason != "header":
        return None
    return lack_of(fault.file.path, mapping, name.removeprefix(MAPPING))


def _next_step(delivery: Delivery, fault: FileFault, settings: ShopSettings, mend: str | None) -> str:
    """Where a file belongs that is of another source, before what mends it otherwise."""
    usual = mend or _MEND
    readable = {file.name for file in delivery.files if file.is_readable}
    if fault.reason not in OTHERS_FILE or fault.file.path.name not in readable:
        return usual
    found = recognise(fault.file.path)
    if found is None or delivery.source in sources_reading(found, settings):
        return usual
    if not found.is_whole and settings.mapping_of(delivery.source) is not None:
        return usual
    says_what_to_do = found.is_whole and (found.adapter is not None or ": " in found.note)
    return told(found, settings) if says_what_to_do else f"{told(found, settings)}; {usual}"


def _place(delivery: Delivery, fault: FileFault) -> str:
    """The path from the shop's folder: of the file, or of the delivery where its folder is at fault."""
    folder = f"exports/{delivery.name}"
    return folder if fault.file.path == delivery.folder else f"{folder}/{shown(fault.file.path.name)}"


def refuse_amounts(delivery: Delivery) -> Refusal:
    """The refusal of a delivery whose amounts add up to more than an amount can hold."""
    return Refusal(
        delivery.source,
        delivery.delivery_date.isoformat(),
        delivery.sha256,
        "amounts",
        "the amounts of one order add up to more than an amount can hold",
        f"exports/{delivery.name}",
        expected="less than 100,000,000,000,000 per order",
    )


def too_many_rejected(read: pl.DataFrame, rejected: pl.DataFrame) -> set[date]:
    """Days whose deliveries break the limit: read rows of READ_SCHEMA, rejected rows or sums of them."""
    rows = read.group_by("delivery_date").agg(pl.col("row_count").sum().alias("read_count"))
    bad = rejected.group_by("delivery_date").agg(_count(rejected).alias("rejected_count"))
    count = pl.col("rejected_count")
    over = (count >= MIN_REJECTED_ROWS) & (count * 100 > pl.col("read_count") * MAX_REJECTED_PERCENT)
    return set(bad.join(rows, on="delivery_date").filter(over)["delivery_date"])


def refuse_rejected(delivery: Delivery, read: pl.DataFrame, rejected: pl.DataFrame) -> Refusal:
    """The refusal that follows from too many rejected rows, naming the first of them."""
    is_own = pl.col("delivery_date") == delivery.delivery_date
    own = rejected.filter(is_own)
    first = own.sort("delivery_file", "delivery_line").row(0, named=True)
    count, total = own.select(_count(own)).item(), read.filter(is_own)["row_count"].sum()
    return Refusal(
        delivery.source,
        delivery.delivery_date.isoformat(),
        delivery.sha256,
        "too_many_rejected",
        f"{count} of {total} rows are rejected ({100 * count / total:.1f} %)",
        f"exports/{delivery.name}/{shown(first['delivery_file'])}",
        first["delivery_line"],
        first["column_name"],
        f"{first['rule']}: {first['reason']}",
        f"at most {MAX_REJECTED_PERCENT} % or fewer than {MIN_REJECTED_ROWS} rejected rows",
        "`mandje check SHOP` tells what is wrong by rule; mend it where it comes from, let the folder be "
        "delivered again, and run the night again",
    )


def _count(rejected: pl.DataFrame) -> pl.Expr:
    return pl.col("row_count").sum() if "row_count" in rejected.columns else pl.len().cast(pl.Int64)
