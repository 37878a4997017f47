"""How the night stands in numbers, `published/metrics.prom`: for node_exporter's textfile collector.

Written anew in one rename whenever a night ends or stops. Times are seconds since 1970, as usual there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from mandje.ingest.store.quarantine import refused_deliveries
from mandje.night.stages import STAGES
from mandje.observe.records.nights import (
    Record,
    newest_begun,
    read_record,
    stopped_night,
    unfinished_night,
)
from mandje.observe.records.warnings import night_warnings
from mandje.publish.published_folder import current_snapshot
from mandje.shop.settings import Shop
from mandje.system.own_files import replace_file
from mandje.system.permissions import published_access

METRICS = {
    "mandje_snapshot_as_of_timestamp_seconds": "End of the last day that the published snapshot shows.",
    "mandje_night_as_of_timestamp_seconds": "End of the day of the newest night, published or not.",
    "mandje_night_success": "1 where no night is stopped or unfinished, else 0.",
    "mandje_night_exit_code": "Why the newest night stopped, as an exit code of mandje; 0 where it did not.",
    "mandje_night_stage_seconds": "How long each stage of the newest night took.",
    "mandje_night_rows": "Rows that the newest night read of accepted deliveries, and how many it rejected.",
    "mandje_night_warnings": "Checks that failed on the newest night: new, or standing since earlier nights.",
    "mandje_night_gate_reasons": "Reasons for which the gate holds the newest night.",
    "mandje_refused_deliveries": "Deliveries that are refused and not mended.",
}
Sample = tuple[str, Mapping[str, str], float]


def write_metrics(shop: Shop) -> Path:
    """Write the file, for whoever may read `published/`."""
    text = metrics_text(shop.settings.name, [*_of_shop(shop), *_of_night(shop)])
    access = published_access(shop)
    path = shop.published / "metrics.prom"
    replace_file(path, text.encode(), mode=access.file, group=access.group)
    return path


def metrics_text(shop_name: str, samples: list[Sample]) -> str:
    """Samples of `METRICS` in Prometheus' text format, each metric with its help and type."""
    lines = []
    for name, about in METRICS.items():
        own = [
            _sample(name, {"shop": shop_name} | dict(labels), value)
            for one, labels, value in samples
            if one == name
        ]
        if own:
            lines += [f"# HELP {name} {about}", f"# TYPE {name} gauge", *own]
    return "\n".join([*lines, ""])


def _sample(name: str, labels: Mapping[str, str], value: float) -> str:
    told = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{{{told}}} {value:.15g}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _of_shop(shop: Shop) -> Iterator[Sample]:
    stopped, snapshot = stopped_night(shop), current_snapshot(shop)
    is_well = stopped is None and unfinished_night(shop) is None
    yield "mandje_night_success", {}, is_well
    yield "mandje_night_exit_code", {}, stopped["exit_code"] if stopped else 0
    yield "mandje_refused_deliveries", {}, len(refused_deliveries(shop))
    if snapshot is not None:
        shown = date.fromisoformat(snapshot.name[:10])
        yield "mandje_snapshot_as_of_timestamp_seconds", {}, _end_of(shop, shown)


def _of_night(shop: Shop) -> Iterator[Sample]:
    night = newest_begun(shop)
    if night is None:
        return
    yield "mandje_night_as_of_timestamp_seconds", {}, _end_of(shop, night)
    records = {stage: record for stage in STAGES if (record := read_record(shop, night, stage))}
    for stage, record in records.items():
        yield "mandje_night_stage_seconds", {"stage": stage}, record["seconds"]
    yield from _rows(records.get("validate"))
    gate = records.get("gate")
    yield "mandje_night_gate_reasons", {}, len(gate["result"]["reasons"]) if gate else 0
    found = [one.is_new for one in night_warnings(shop, night) if one.severity != "note"]
    yield "mandje_night_warnings", {"age": "new"}, sum(found)
    yield "mandje_night_warnings", {"age": "standing"}, len(found) - sum(found)


def _rows(validated: Record | None) -> Iterator[Sample]:
    sources = validated["result"]["sources"] if validated else ()
    for what in ("read", "rejected"):
        yield "mandje_night_rows", {"outcome": what}, sum(one[f"{what}_rows"] for one in sources)


def _end_of(shop: Shop, day: date) -> float:
    end = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(shop.settings.time_zone))
    return end.timestamp()
