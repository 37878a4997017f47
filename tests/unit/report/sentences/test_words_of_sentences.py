"""Every sentence has words in both languages, with placeholders that its values fill."""

import re
import tomllib
from importlib.resources import files
from itertools import product

import pytest

from mandje.report.sentences.causes import ON_THE_WAY
from mandje.report.sentences.claims import _DEVICES, _SALES_CHANNELS, _TOLD
from mandje.report.sentences.looked_at import FIGURES, Figure

WORDS = tomllib.loads(files("mandje.report").joinpath("words/sentences.toml").read_text(encoding="utf-8"))
WAYS = ("fell", "rose")


def _placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("key", list(WORDS))
def test_both_languages_say_the_same(key: str) -> None:
    texts = WORDS[key]
    assert set(texts) == {"en", "nl"}
    assert _placeholders(texts["en"]) == _placeholders(texts["nl"])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("figure", FIGURES, ids=lambda one: one.name)
def test_every_change_has_words_that_its_query_fills(figure: Figure, way: str) -> None:
    values = set(re.findall(r"AS (\w+)", _TOLD[figure.measure])) | {"days", "weeks_count", "place"}
    assert _placeholders(WORDS[f"{figure.name}_{way}"]["en"]) == values


def test_every_step_on_the_way_to_an_order_has_words() -> None:
    steps = {one.name for one in FIGURES if one.name in ON_THE_WAY and one.measure == "ratio"} - {
        "conversion"
    }
    details = {key for key in WORDS if key.startswith("detail_")}
    assert details == {f"detail_{name}_{way}" for name, way in product(steps, WAYS)}


def test_every_place_has_words() -> None:
    cuts = {figure.cut for figure in FIGURES} - {"none"}
    assert {f"place_{cut}{site}" for cut, site in product(cuts, ("", "_site"))} <= set(WORDS)
    assert {f"device_{one}" for one in _DEVICES} <= set(WORDS)
    assert {f"sales_channel_{one}" for one in _SALES_CHANNELS} <= set(WORDS)
