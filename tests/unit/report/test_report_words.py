"""The table of words: both languages say the same, and nothing is missing or left over."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from mandje.report.sections import SECTIONS
from mandje.report.words import LANGUAGES, all_words
from repository import ROOT

FOLDER = ROOT / "src" / "mandje" / "report"
# A key that is put together from such a beginning and a name that stands in the code or in a query.
BEGINNINGS = ("column_", "code_", "figures_", "line_", "mark_", "nav_", "question_", "answer_", "of_")
_SAID = re.compile(r"""(?:say|answer|word)\(\s*["']([a-z0-9_]+)["']""")


def _code() -> str:
    files = sorted([*FOLDER.rglob("*.py"), *FOLDER.rglob("*.j2")])
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def _placeholders(text: str) -> list[str]:
    return sorted(set(re.findall(r"{(\w+)}", text)))


def test_every_entry_has_both_languages_with_the_same_placeholders() -> None:
    for key, entry in all_words().items():
        assert set(entry) == set(LANGUAGES), key
        assert _placeholders(entry["en"]) == _placeholders(entry["nl"]), key


def test_no_key_stands_in_two_files() -> None:
    files = [tomllib.loads(file.read_text(encoding="utf-8")) for file in (FOLDER / "words").iterdir()]
    assert sum(map(len, files)) == len(all_words())


def test_every_section_has_a_question_and_a_name_in_the_contents() -> None:
    for section in SECTIONS:
        assert all_words()[f"question_{section.__name__}"]["en"].endswith("?")
        assert f"nav_{section.__name__}" in all_words()


def test_every_key_that_the_code_names_is_there() -> None:
    said = {key for key in _SAID.findall(_code()) if not key.endswith("_")}
    assert len(said) > 40
    assert sorted(said - all_words().keys()) == []


def test_every_key_is_used() -> None:
    """Those of the sentences have tests of their own: what is said there is put together."""
    code = _code()
    named = set(re.findall(r"[A-Za-z0-9_()]+", code)) | _codes()
    own = tomllib.loads((FOLDER / "words" / "sentences.toml").read_text(encoding="utf-8"))
    left_over = [key for key in all_words().keys() - own.keys() if not _is_used(key, code, named)]
    assert left_over == []


def _codes() -> set[str]:
    """What stands in columns of the marts that the page tells in words: figures, segments, reasons."""
    seeds = (ROOT / "dbt_project" / "seeds" / "rfm_segments.csv").read_text(encoding="utf-8")
    macros = (ROOT / "dbt_project" / "macros").rglob("*.sql")
    watched = next(
        text for file in macros if "macro kpis_watched" in (text := file.read_text(encoding="utf-8"))
    )
    reasons = [
        file.read_text(encoding="utf-8") for file in (ROOT / "src" / "mandje" / "predict").rglob("*.py")
    ]
    found = re.findall(r"'(\w+)'", watched) + re.findall(r'"(no_\w+|too_\w+|guest)"', "\n".join(reasons))
    return {*found, *(line.rpartition(",")[2] for line in seeds.splitlines())}


def _is_used(key: str, code: str, named: set[str]) -> bool:
    """By its name, by the name after its beginning, numbered, or as an `answer_x_{verdict}`."""
    endings = [key.removeprefix(one) for one in BEGINNINGS if key.startswith(one)]
    put_together = re.findall(r'"(\w+_)\{', code)
    return bool({key, *endings} & named) or "_n_" in key or any(key.startswith(one) for one in put_together)


def test_every_file_of_words_is_packed_with_the_code() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"][
        "targets"
    ]
    assert wheel["wheel"]["packages"] == ["src/mandje"]  # a whole folder, whatever its files are called
    assert "exclude" not in wheel["wheel"]
    assert {file.suffix for file in Path(FOLDER / "words").iterdir()} == {".toml"}
