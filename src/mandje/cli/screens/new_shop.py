"""What `mandje init --from` did: each file and its place, what is to be checked, and the next command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mandje.cli.screens.terminal import near, typed
from mandje.from_files.make import Made, what_it_is


def new_shop_lines(folder: Path, made: Made) -> Iterator[str]:
    """Sentences, in the order in which a person wants to read them."""
    yield f"A shop stands in {near(folder)}. Files were copied, none was moved:"
    for one in made.placed:
        yield f"  {near(one.found.path)}: {what_it_is(one.found)}"
        yield f"    is now {one.place}"
    if made.left:
        yield "Not copied, since nothing would read them:"
    for found in made.left:
        yield f"  {near(found.path)}: {what_it_is(found)}"
    yield f"Check these in {near(folder / 'shop.toml')}:"
    yield from (f"  {line}" for line in _to_check(made))
    if codes := ", ".join(made.lacks_rates_of):
        day = max(one.day for one in made.placed)
        yield f"Rows in {codes} need rates, and no file holds any: put a file with the columns of"
        yield f"  examples/exchange_rates.csv into exports/exchange_rates/{day}/ first"
    yield f"Next: `mandje night {typed(folder)}`"


def _to_check(made: Made) -> Iterator[str]:
    about = made.about
    yield f'time_zone = "{about.time_zone}" is this machine\'s: no export names the clock of its shop'
    how = "most rows are in it" if made.currencies else "no file tells one"
    yield f'reporting_currency = "{about.currency}": {how}'
    yield f"sites: {', '.join(f'{site} ({code})' for site, code in about.sites.items())}"
    for source, options in made.guessed.items():
        yield from (f"{name} = {value} of {source}: a guess, no file tells it" for name, value in options)
