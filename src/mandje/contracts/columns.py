"""Columns that many contracts share, and short ways to write the usual kinds."""

from __future__ import annotations

from decimal import Decimal

from mandje.contracts.types import Column, ColumnType

ZERO = Decimal(0)


def key_column(name: str, description: str, kind: ColumnType = "text", unit: str = "id") -> Column:
    """A key column."""
    return Column(name, kind, unit, description, key=True, is_id=(kind, unit) == ("text", "id"))


def id_column(name: str, description: str, *, nullable: bool = False) -> Column:
    """An id that is no key."""
    return Column(name, "text", "id", description, nullable=nullable, is_id=True)


def text_column(name: str, description: str, *, nullable: bool = True) -> Column:
    """Free text."""
    return Column(name, "text", "text", description, nullable=nullable)


def choice_column(name: str, description: str, allowed: tuple[str, ...]) -> Column:
    """Text out of a closed list."""
    return Column(name, "text", "one of: " + ", ".join(allowed), description, allowed=allowed)


def time_column(name: str, description: str, *, nullable: bool = False) -> Column:
    """A moment in UTC."""
    return Column(name, "timestamp", "UTC timestamp", description, nullable=nullable)


def money_column(
    name: str, description: str, *, nullable: bool = False, signed: bool = False, round_to: int | None = None
) -> Column:
    """An amount without tax, 0 or more unless `signed`."""
    unit, least = "money, currency_code, without tax", None if signed else ZERO
    return Column(name, "decimal", unit, description, nullable=nullable, minimum=least, round_to=round_to)


def tax_back_column(description: str) -> Column:
    """Tax on what is given back, where the source tells it: positive when given back."""
    return Column("tax_amount", "decimal", "money, currency_code", description, nullable=True)


def count_column(name: str, description: str, *, nullable: bool = True) -> Column:
    """A whole number, 0 or more."""
    return Column(name, "integer", "count", description, nullable=nullable, minimum=ZERO)


def flag_column(name: str, description: str) -> Column:
    """True, false or not known."""
    return Column(name, "boolean", "true or false", description, nullable=True)


def currency_column(name: str, description: str, *, nullable: bool = False, key: bool = False) -> Column:
    """A currency code: three capital letters."""
    unit, pattern = "ISO 4217 code", "^[A-Z]{3}$"
    return Column(name, "text", unit, description, nullable=nullable, key=key, pattern=pattern)


CURRENCY = currency_column("currency_code", "Currency of every amount in the row.")
SITE = Column("site", "text", "site name", "Site of the shop, as named in shop.toml.")
UPDATED_AT = time_column(
    "updated_at", "When the source last changed the row; the greatest wins.", nullable=True
)
EMAIL_HASH = Column(
    "email_hash",
    "text",
    "HMAC-SHA256, 64 hex digits",
    "Hash of the trimmed, lower-cased e-mail address; the address itself is never written.",
    nullable=True,
    personal=True,
    is_email=True,
)
CUSTOMER = id_column("customer_id", "Customer known to the shop.", nullable=True)
