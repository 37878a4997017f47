"""What a night has to do: exports compared with what is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from mandje.adapters import adapter_for
from mandje.adapters.base import Adapter
from mandje.ingest.exports.deliveries import Delivery, Listing, list_source, read_delivery
from mandje.ingest.exports.file_hashes import FileHashes
from mandje.ingest.store.partitions import Current, current_of, folder_of
from mandje.ingest.store.rules_fingerprint import rules_fingerprint
from mandje.shop.settings import Shop


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """One source as night `run_date` finds it: deliveries up to that day, and what each asks for.

    What left the exports is gone for every night, also for one before its date; a day that is not over on the
    shop's clock is not gone, whatever the clock says.

    `new` were never read; `changed` have other bytes than were read, or are read again because the rules
    changed; `gone` have left the exports; `refused` are refused and not mended; `empty` hold no file yet.
    `loaded` was read before, accepted or refused.
    """

    source: str
    adapter: Adapter
    rules: str
    listing: Listing
    deliveries: tuple[Delivery, ...]
    new: tuple[Delivery, ...]
    changed: tuple[Delivery, ...]
    gone: tuple[date, ...]
    refused: tuple[Delivery, ...]
    empty: tuple[date, ...]
    loaded: tuple[date, ...]

    @property
    def due(self) -> list[Delivery]:
        """Deliveries to read, oldest first."""
        return sorted((*self.new, *self.changed), key=lambda delivery: delivery.delivery_date)

    @property
    def is_settled(self) -> bool:
        """Whether nothing is to be done."""
        return not (self.new or self.changed or self.gone)


def plan_night(shop: Shop, run_date: date, *, keep_hashes: bool = True) -> list[SourcePlan]:
    """Plans of all sources of the shop, in the order of shop.toml. Hashes of settled files are kept.

    Without `keep_hashes` nothing is written.

    Raises:
        MandjeError: shop.toml names an adapter that cannot read the source; a file cannot be read.
    """
    hashes = FileHashes(shop)
    plans = [_plan_source(shop, source, run_date, hashes) for source in shop.settings.sources]
    if keep_hashes:
        hashes.save()
    return plans


def _plan_source(shop: Shop, source: str, run_date: date, hashes: FileHashes) -> SourcePlan:
    adapter = adapter_for(source, shop.settings)
    rules = rules_fingerprint(shop, source, adapter)
    listing = list_source(shop, source)
    folders = {day: folder for day, folder in listing.folders.items() if day <= run_date}
    found = {day: read_delivery(source, day, folder, hashes) for day, folder in folders.items()}
    deliveries = {day: delivery for day, delivery in found.items() if delivery is not None}
    known = current_of(shop, source)
    due = {day for day, delivery in deliveries.items() if not _is_read(shop, delivery, rules, known.get(day))}
    return SourcePlan(
        source=source,
        adapter=adapter,
        rules=rules,
        listing=listing,
        deliveries=tuple(deliveries.values()),
        new=tuple(deliveries[day] for day in deliveries if day in due and day not in known),
        changed=tuple(deliveries[day] for day in deliveries if day in due and day in known),
        gone=tuple(day for day in known if not _is_there(day, run_date, deliveries, listing)),
        refused=tuple(deliveries[day] for day in deliveries if day not in due and _is_refused(known[day])),
        empty=tuple(day for day, delivery in found.items() if delivery is None),
        loaded=tuple(known),
    )


def _is_there(day: date, run_date: date, deliveries: Mapping[date, Delivery], listing: Listing) -> bool:
    return day in listing.not_over or day in (deliveries if day <= run_date else listing.folders)


def _is_read(shop: Shop, delivery: Delivery, rules: str, known: Current | None) -> bool:
    """Whether these bytes were read under these rules, and what came of it is still there."""
    if known is None or (known.sha256, known.rules) != (delivery.sha256, rules):
        return False
    return folder_of(shop, delivery.source, delivery.delivery_date, known).is_dir()


def _is_refused(known: Current) -> bool:
    return known.status == "refused"
