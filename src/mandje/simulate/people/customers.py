"""Who the customers are: how they buy, where they live, and what their account says."""

from __future__ import annotations

import numpy as np
import polars as pl

from mandje.simulate.people.purchase_process import draw_rates
from mandje.simulate.settings.people import Consent
from mandje.simulate.world.chance import Flags, Floats, Integers, happens, on_grid, pick
from mandje.simulate.world.sites import SITES
from mandje.simulate.world.world import Block, World

# An account is made with the first purchase (number 0), or with one of these.
_LATER_NUMBERS = (1, 2)
_NEVER = -1
_NEIGHBOUR = {"NL": "BE", "GB": "IE"}
_UK_AREAS = (
    "AB B BA BD BH BN BS CB CF CH CV DE DH DN E EC EH EX G GL GU HU IP KT L LE LS M ME MK N NE NG NN NR NW OX"
    " PE PL PO RG S SE SO SW TN TW W WC WR YO"
)


def make_people(world: World, block: Block) -> pl.DataFrame:
    """The block's customers, one row each, by person.

    Columns: person; site and segment (codes: positions in SITES and in the settings); order_rate (per day),
    leaving_probability, spend_rate (per money of the first site); account_at_number (the purchase with which
    an account is made, if it comes; -1 = never); consent_marketing, consent_profiling (null = unknown);
    birth_year, gender, country_code, postal_area (as in the account; null = not given); device_count;
    consent_change_days (after so many days the consent to profiling is changed; null = never); return_habit
    (what is bought comes back so many times as often as from others).
    """
    size = block.size
    site = pick(world.chance("site", block.number), size, [site.share for site in SITES])
    country = _countries(world, block, site)
    rates = _rates(world, block)
    account = {
        "account_at_number": _account_numbers(world, block),
        "consent_marketing": _consents(world, block, "marketing", world.settings.people.consent_marketing),
        "consent_profiling": _consents(world, block, "profiling", world.settings.people.consent_profiling),
        "birth_year": _birth_years(world, block),
        "gender": _genders(world, block),
        "country_code": country,
        "postal_area": _postal_areas(world, block, country),
    }
    shares = world.settings.people.device_shares
    devices = 1 + pick(world.chance("devices", block.number), size, shares)
    person = np.arange(block.first_person, block.first_person + size)
    return pl.DataFrame(
        {"person": person, "site": site, **rates, **account, "device_count": devices}
        | {"consent_change_days": _consent_changes(world, block), "return_habit": _habits(world, block)}
    )


def _rates(world: World, block: Block) -> dict[str, Integers | Floats]:
    segments = world.settings.segments
    code = pick(world.chance("segment", block.number), block.size, [each.share for each in segments])
    columns = np.empty((3, block.size))
    for number, segment in enumerate(segments):
        here = np.flatnonzero(code == number)
        columns[:, here] = draw_rates(world.chance("rates", number, block.number), segment, len(here))
    names = ("order_rate", "leaving_probability", "spend_rate")
    return {"segment": code, **dict(zip(names, columns, strict=True))}


def _habits(world: World, block: Block) -> Floats:
    """Gamma with mean 1 and the standard deviation of the settings; 1 for all where that is 0."""
    spread = world.settings.sales.returns.habit_spread
    if not spread:
        return np.ones(block.size)
    drawn = world.chance("return habits", block.number).standard_gamma(spread**-2, block.size)
    return on_grid(drawn * spread**2)


def _account_numbers(world: World, block: Block) -> Integers:
    settings, generator = world.settings.people, world.chance("account", block.number)
    at_once = happens(generator, settings.registered_ratio, block.size)
    later = happens(generator, settings.registers_later_ratio, block.size)
    number = np.array(_LATER_NUMBERS)[generator.integers(0, len(_LATER_NUMBERS), block.size)]
    return np.where(at_once, 0, np.where(later, number, _NEVER))


def _consents(world: World, block: Block, what: str, settings: Consent) -> pl.Series:
    generator = world.chance("consent", what, block.number)
    yes = happens(generator, settings.yes_ratio, block.size)
    return _known(pl.Series(yes), happens(generator, settings.unknown_ratio, block.size))


def _consent_changes(world: World, block: Block) -> pl.Series:
    generator = world.chance("consent change", block.number)
    changes = happens(generator, world.settings.people.consent_change_ratio, block.size)
    return _known(pl.Series(generator.integers(1, 366, block.size)), ~changes)


def _birth_years(world: World, block: Block) -> pl.Series:
    settings, generator = world.settings.people, world.chance("age", block.number)
    band = pick(generator, block.size, [each.share for each in settings.ages])
    youngest = np.array([each.youngest for each in settings.ages])[band]
    oldest = np.array([each.oldest for each in settings.ages])[band]
    year = world.settings.first_day.year - generator.integers(youngest, oldest + 1)
    return _known(pl.Series(year), happens(generator, settings.birth_year_unknown_ratio, block.size))


def _genders(world: World, block: Block) -> pl.Series:
    settings, generator = world.settings.people, world.chance("gender", block.number)
    women = pl.Series(happens(generator, settings.women_ratio, block.size))
    gender = pl.select(pl.when(women).then(pl.lit("female")).otherwise(pl.lit("male"))).to_series()
    return _known(gender, happens(generator, settings.gender_unknown_ratio, block.size))


def _countries(world: World, block: Block, site: Integers) -> pl.Series:
    abroad = happens(world.chance("country", block.number), world.settings.people.abroad_ratio, block.size)
    country = pl.Series(np.array([each.country for each in SITES])[site])
    return pl.select(
        pl.when(pl.Series(abroad)).then(country.replace_strict(_NEIGHBOUR)).otherwise(country)
    ).to_series()


def _postal_areas(world: World, block: Block, country: pl.Series) -> pl.Series:
    """Four digits in the Netherlands and Belgium, area and district in Britain, none in Ireland."""
    generator = world.chance("postal area", block.number)
    digits = pl.Series(generator.integers(1000, 9999, block.size)).cast(pl.String)
    areas = pl.Series(_UK_AREAS.split())
    area = areas.gather(generator.integers(0, len(areas), block.size))
    outward = area + pl.Series(generator.integers(1, 21, block.size)).cast(pl.String)
    return pl.select(
        pl.when(country.is_in(["NL", "BE"])).then(digits).when(country == "GB").then(outward)
    ).to_series()


def _known(values: pl.Series, is_unknown: Flags) -> pl.Series:
    return pl.select(pl.when(~pl.Series(is_unknown)).then(values)).to_series()
