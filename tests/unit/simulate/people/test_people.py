from __future__ import annotations

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from pydantic import ValidationError

from first_block import FirstBlock, make_first_block
from mandje.simulate.people.emails import STYLES, email
from mandje.simulate.settings.people import AgeBand
from mandje.simulate.world.sites import SITES
from mandje.simulate.world.world import BLOCK

# Four standard errors of a share of 10,000 people.
NEAR = 0.02


def share(frame: pl.DataFrame, condition: pl.Expr) -> float:
    return float(frame.select(condition.mean()).item())


def test_people_are_as_set(first_block: FirstBlock) -> None:
    people, settings = first_block.people, first_block.world.settings.people
    found = {
        "uk": share(people, pl.col("site") == 1),
        "account with the first purchase": share(people, pl.col("account_at_number") == 0),
        "account later": share(people, pl.col("account_at_number") > 0),
        "agrees to messages": share(people, pl.col("consent_marketing").fill_null(value=False)),
        "says nothing on profiling": share(people, pl.col("consent_profiling").is_null()),
        "woman": share(people.drop_nulls("gender"), pl.col("gender") == "female"),
        "no birth year": share(people, pl.col("birth_year").is_null()),
        "abroad": share(people, pl.col("country_code").is_in(["BE", "IE"])),
        "one device": share(people, pl.col("device_count") == 1),
        "first segment": share(people, pl.col("segment") == 0),
    }
    expected = {
        "uk": SITES[1].share,
        "account with the first purchase": settings.registered_ratio,
        "account later": (1 - settings.registered_ratio) * settings.registers_later_ratio,
        "agrees to messages": 0.58 * 0.94,
        "says nothing on profiling": 0.06,
        "woman": settings.women_ratio,
        "no birth year": settings.birth_year_unknown_ratio,
        "abroad": settings.abroad_ratio,
        "one device": settings.device_shares[0],
        "first segment": first_block.world.settings.segments[0].share,
    }
    assert found == pytest.approx(expected, abs=NEAR)


def test_rates_follow_the_segment(first_block: FirstBlock) -> None:
    segments = first_block.world.settings.segments
    rates = first_block.people.group_by("segment").agg(pl.mean("order_rate", "leaving_probability"), pl.len())
    for code, rate, leaving, _ in rates.sort("segment").iter_rows():
        assert rate == pytest.approx(segments[code].r / segments[code].alpha, rel=0.15)
        assert leaving == pytest.approx(segments[code].a / (segments[code].a + segments[code].b), rel=0.15)


def test_places_belong_to_the_country(first_block: FirstBlock) -> None:
    form = {"NL": r"^\d{4}$", "BE": r"^\d{4}$", "GB": r"^[A-Z]{1,2}\d{1,2}$"}
    for country, pattern in form.items():
        here = first_block.people.filter(pl.col("country_code") == country)
        assert here.height
        assert share(here, pl.col("postal_area").str.contains(pattern)) == 1
    assert first_block.people.filter(pl.col("country_code") == "IE")["postal_area"].is_null().all()
    assert set(first_block.people.filter(pl.col("site") == 1)["country_code"]) == {"GB", "IE"}


def test_ages_are_in_their_bands(first_block: FirstBlock) -> None:
    age = 2023 - first_block.people["birth_year"].drop_nulls()
    assert (age.min(), age.max()) == (18, 84)
    with pytest.raises(ValidationError, match="youngest 40 is older than oldest 30"):
        AgeBand(youngest=40, oldest=30, share=1)


def test_persons_do_not_depend_on_other_blocks(first_block: FirstBlock) -> None:
    """A last block of another size is another block: its rounds have other people beside each other."""
    more = make_first_block(customers=BLOCK + 1)
    assert_frame_equal(more.people, first_block.people)
    assert_frame_equal(more.purchases, first_block.purchases)


def test_another_seed_makes_other_people(first_block: FirstBlock) -> None:
    other = make_first_block(seed=2)
    for name in ("site", "order_rate", "birth_year", "consent_profiling"):
        assert not other.people[name].equals(first_block.people[name]), name
    assert not other.purchases.equals(first_block.purchases)


def test_addresses_are_one_per_person_in_every_style() -> None:
    people = pl.DataFrame({"person": range(300)}, schema={"person": pl.Int64})
    styles = pl.DataFrame({"style": range(STYLES)}, schema={"style": pl.Int64})
    written = people.join(styles, how="cross").with_columns(email=email(pl.col("person"), pl.col("style")))
    assert written["email"].n_unique() == 300 * STYLES
    plain = written.with_columns(pl.col("email").str.strip_chars().str.to_lowercase())
    assert plain.unique(["person", "email"]).height == plain["email"].n_unique() == 300
    assert share(plain, pl.col("email").str.contains(r"^[^\s@]{1,64}@[^\s@]+\.[^\s@]+$")) == 1
