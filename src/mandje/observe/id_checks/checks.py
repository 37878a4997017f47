"""What the ids of all loaded rows tell as a whole: one id for two things, or for too many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from mandje.findings.finding import Finding
from mandje.findings.holds import Hold, not_passed
from mandje.observe.id_checks.id_shares import absurd_shares
from mandje.observe.id_checks.same_keys import rows_of_one_key
from mandje.observe.id_checks.shared_addresses import shared_addresses
from mandje.observe.id_checks.two_sites import IDS, ids_of_two_sites, ids_of_two_sources
from mandje.observe.set_checks.attached import attached
from mandje.shop.settings import Shop


@dataclass(frozen=True, slots=True)
class IdChecks:
    """What was found: `holds` close the gate until each is passed, `findings` tell of all."""

    findings: tuple[Finding, ...]
    holds: tuple[Hold, ...]


def check_ids(shop: Shop, as_of_date: date) -> IdChecks:
    """Look at raw rows and staged sets of the working database, which stands at `as_of_date`.

    Raises:
        MandjeError: there is no working database.
    """
    has_sites = len(shop.settings.sites) > 1
    with attached(shop) as con:
        held = [*(ids_of_two_sites(con) if has_sites else ()), *absurd_shares(con, shop.settings.ids)]
        told = (
            *ids_of_two_sources(con),
            *rows_of_one_key(con, IDS if has_sites else ()),
            *shared_addresses(con),
        )
    holds = [hold for _, hold in held if hold is not None]
    left = {hold.figure for hold in not_passed(shop, as_of_date, holds)}
    return IdChecks((*_let_through(held, left), *told), tuple(holds))


def _let_through(held: Iterable[tuple[Finding, Hold | None]], left: set[str]) -> Iterable[Finding]:
    """What a person let through on an earlier night is still told, and holds no more."""
    for finding, hold in held:
        is_passed = hold is not None and hold.figure not in left
        yield replace(finding, severity="warn", note="let through") if is_passed else finding
