"""What the tests of the store share: a small shop, its deliveries, and pictures of what is loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from mandje.errors import MandjeError
from mandje.ingest.load import Load, load
from mandje.ingest.validate import Validation, validate
from mandje.shop.settings import Shop, load_shop

SHOP_TOML = """
name = "small"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"

[sites.nl]
time_zone = "Europe/Amsterdam"
currency = "EUR"

[sources.order_lines]
adapter = "canonical"
on_refused = "stop"
[sources.adjustments]
adapter = "canonical"
on_refused = "go_on"
"""
LAST_NIGHT = date(2025, 2, 28)
LINES_HEADER = "order_id,line_number,product_id,quantity,currency_code,unit_price_amount,discount_amount"
ADJUSTMENTS_HEADER = "adjustment_id,adjusted_at,site,kind,currency_code,amount"


def make_shop(folder: Path, settings: str = SHOP_TOML) -> Shop:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shop.toml").write_text(settings)
    return load_shop(folder)


def drop(shop: Shop, source: str, day: date | str, content: str | bytes, name: str | None = None) -> Path:
    """Deliver one file."""
    path = shop.exports / source / str(day) / (name or f"{source}.csv")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines(count: int, bad: int = 0, label: str = "o", quantity: str = "2") -> str:
    """Order lines worth 2 × 3.50 − 0.10 each; the first `bad` have a quantity that no line may have."""
    quantities = ["-1"] * bad + [quantity] * (count - bad)
    rows = (f"{label}{n},1,p{n},{units},EUR,3.50,0.10" for n, units in enumerate(quantities))
    return "\n".join([LINES_HEADER, *rows]) + "\n"


def adjustments(day: date | str, count: int, label: str = "a") -> str:
    kinds = ("discount", "shop_cost")
    rows = (f"{label}{n},{day}T09:00:00Z,nl,{kinds[n % 2]},EUR,1.25" for n in range(count))
    return "\n".join([ADJUSTMENTS_HEADER, *rows]) + "\n"


def night(shop: Shop, run_date: date = LAST_NIGHT) -> tuple[Validation, Load]:
    return validate(shop, run_date), load(shop, run_date)


def stopped_night(shop: Shop, run_date: date = LAST_NIGHT) -> MandjeError | None:
    """Run a night and give the error that stopped it, if one did."""
    try:
        night(shop, run_date)
    except MandjeError as error:
        return error
    return None


def picture(folder: Path, ignored: Sequence[str] = (".hashes.json",)) -> dict[str, str]:
    """Every file under a folder with the hash of its bytes."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in _files(folder)
        if path.name not in ignored
    }


def inodes(folder: Path) -> dict[Path, tuple[int, int]]:
    """What changes when a file is written or replaced, even with equal bytes."""
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in _files(folder)}


def _files(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
