"""Validate: read every delivery that is due, strictly, and write it to the private staging place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import polars as pl

from mandje.ingest.accounts.ledger import ledgers
from mandje.ingest.batches import batches
from mandje.ingest.due.plan import SourcePlan, plan_night
from mandje.ingest.due.preflight import check_not_gone
from mandje.ingest.exports.deliveries import Delivery, check_unchanged
from mandje.ingest.parse import RowContext
from mandje.ingest.reader import Reader, ReadResult
from mandje.ingest.store.partitions import Current
from mandje.ingest.store.secret_key import secret_key
from mandje.ingest.store.staging import Staging
from mandje.shop.settings import Shop, ShopSettings
from mandje.system.own_files import Json

# Called with a text, the deliveries done, and all that are due.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class SourceValidation:
    """What was read of one source: deliveries accepted and refused, rows of the accepted ones."""

    source: str
    accepted: int
    refused: int
    read_rows: int
    rejected_rows: int


@dataclass(frozen=True, slots=True)
class Validation:
    """What night `run_date` read; `refusals` are the newly refused deliveries (see `Refusal`)."""

    run_date: str
    sources: tuple[SourceValidation, ...]
    refusals: tuple[Json, ...]

    @property
    def read_deliveries(self) -> int:
        """Deliveries read, accepted or refused."""
        return sum(source.accepted + source.refused for source in self.sources)


def validate(shop: Shop, run_date: date, progress: Progress | None = None) -> Validation:
    """Read all new and changed deliveries up to `run_date` into `raw/.staged/`, for `load` to move.

    What an earlier, unfinished night staged is forgotten. Nothing that is loaded is touched. Makes the
    shop's secret key where none was ever used.

    Raises:
        MandjeError: the key is missing or another one, a file changes while it is read, an adapter's accounts
            do not add up, or loaded deliveries are gone en masse.
    """
    key = secret_key(shop, create=True)
    staging = Staging(shop)
    staging.clear()
    plans = plan_night(shop, run_date)
    check_not_gone(shop, plans, run_date)  # again: a share may be lost between two stages
    context = RowContext(
        email_key=key,
        time_zone=ZoneInfo(shop.settings.time_zone),
        most_unpacked_bytes=shop.settings.most_unpacked_bytes,
    )
    night = _Night(staging, context, progress, sum(len(plan.due) for plan in plans), shop.settings)
    sources = tuple(night.read_source(plan) for plan in plans)
    if not all(plan.is_settled for plan in plans):
        staging.finish(_manifest(plans))
    return Validation(run_date.isoformat(), sources, tuple(night.refusals))


class _Night:
    """One validation under way."""

    def __init__(
        self,
        staging: Staging,
        context: RowContext,
        progress: Progress | None,
        due: int,
        settings: ShopSettings,
    ) -> None:
        self._staging = staging
        self._context = context
        self._progress = progress
        self._due = due
        self._settings = settings
        self._done = 0
        self.refusals: list[Json] = []

    def read_source(self, plan: SourcePlan) -> SourceValidation:
        reader = Reader(plan.adapter, self._context, self._staging, self._settings)
        results = [result for batch in batches(plan.due) for result in self._read_batch(reader, plan, batch)]
        refused = sum(len(result.refusals) for result in results)
        return SourceValidation(
            plan.source,
            accepted=len(plan.due) - refused,
            refused=refused,
            read_rows=sum(_rows(result.counted.read) for result in results),
            rejected_rows=sum(_rows(result.counted.rejected) for result in results),
        )

    def _read_batch(self, reader: Reader, plan: SourcePlan, batch: list[Delivery]) -> list[ReadResult]:
        self._tell(f"{plan.source} {batch[0].delivery_date}")
        parts = reader.read(batch)
        for delivery in batch:
            check_unchanged(delivery)
        for part, result in parts:
            self._end_batch(plan, part, result)
        self._done += len(batch)
        self._tell(f"{plan.source} {batch[-1].delivery_date}")
        return [result for _, result in parts]

    def _end_batch(self, plan: SourcePlan, batch: Sequence[Delivery], result: ReadResult) -> None:
        """Write ledgers and refusals: from here on the deliveries are ready to be moved."""
        accepted = [delivery for delivery in batch if delivery.delivery_date not in result.refusals]
        books = ledgers(accepted, result.counted, plan.rules)
        for delivery in accepted:
            book = books[delivery.delivery_date]
            self._staging.accept(delivery, _accepted(delivery, plan.rules, book), book)
        for delivery in batch:
            if refusal := result.refusals.get(delivery.delivery_date):
                current = Current(delivery.sha256, plan.rules, "refused", {}, 0)
                self._staging.refuse(delivery, current, refusal, self._context.email_key)
                self.refusals.append(refusal.to_json())

    def _tell(self, text: str) -> None:
        if self._progress is not None:
            self._progress(text, self._done, self._due)


def _accepted(delivery: Delivery, rules: str, book: Json) -> Current:
    feeds = {entry["feed"]: entry["rows"] for entry in book["feeds"]}
    rejected = sum(e["rows"] for e in book["destinations"] if e["destination"].startswith("rejected:"))
    return Current(delivery.sha256, rules, "accepted", feeds, rejected)


def _manifest(plans: Sequence[SourcePlan]) -> Json:
    """Deliveries staged and deliveries gone, as [source, delivery date]."""
    return {
        "staged": [[plan.source, d.delivery_date.isoformat()] for plan in plans for d in plan.due],
        "gone": [[plan.source, day.isoformat()] for plan in plans for day in plan.gone],
    }


def _rows(counts: pl.DataFrame) -> int:
    return int(counts["row_count"].sum())
