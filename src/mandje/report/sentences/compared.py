"""Two windows of a figure compared: by how much it moved, and how far that is from what chance alone does.

- Counts: the signed root of the likelihood ratio of two binomial or two Poisson ratios, equal against free
  (Wilks 1938; deviances as in McCullagh and Nelder, Generalized Linear Models, 1989, table 2.1). It is a
  standard normal where nothing changed and events are independent.
- Spend and cost: the logarithm of the ratio of the two means. People decide on them: there is no theory.
- Order value: Welch's statistic (Welch 1938) of the mean logarithm, since orders have a long tail.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mandje.report.sentences.looked_at import Measure
from mandje.report.sentences.weeks import Sums

Window = Mapping[str, Sums]


def statistic(measure: Measure, now: Window, before: Window) -> Sums:
    """How far the windows are apart; 0 where one of them is empty."""
    if measure in ("spend", "cost"):
        return _log_ratio(now, before)
    if measure == "value":
        return _welch(now, before)
    return _signed_root(now, before, is_part=measure == "ratio")


def means(now: Window, before: Window, measure: Measure) -> tuple[Sums, Sums]:
    """What the sentence tells of both windows: a part, events for each try or day, or money of each."""
    name = "amount" if measure == "value" else "hits"
    return _ratio(now[name], now["tries"]), _ratio(before[name], before["tries"])


def _ratio(hits: Sums, tries: Sums) -> Sums:
    return np.divide(hits, tries, out=np.zeros_like(hits), where=tries > 0)


def _signed_root(now: Window, before: Window, *, is_part: bool) -> Sums:
    hits, tries = now["hits"] + before["hits"], now["tries"] + before["tries"]
    together = _ratio(hits, tries)
    deviance = np.zeros_like(hits)
    for window in (now, before):
        deviance += _deviance(window["hits"], window["tries"] * together)
        if is_part:
            deviance += _deviance(window["tries"] - window["hits"], window["tries"] * (1 - together))
    both = (now["tries"] > 0) & (before["tries"] > 0)
    sign = np.sign(_ratio(now["hits"], now["tries"]) - _ratio(before["hits"], before["tries"]))
    return np.where(both, sign * np.sqrt(np.maximum(deviance, 0)), 0.0)


def _deviance(seen: Sums, expected: Sums) -> Sums:
    ratio = np.divide(seen, expected, out=np.ones_like(seen), where=(seen > 0) & (expected > 0))
    return np.asarray(2 * seen * np.log(ratio))


def _log_ratio(now: Window, before: Window) -> Sums:
    first, second = means(now, before, "cost")
    both = (first > 0) & (second > 0)
    return np.where(both, np.log(np.where(both, first, 1) / np.where(both, second, 1)), 0.0)


def _welch(now: Window, before: Window) -> Sums:
    enough = (now["tries"] > 1) & (before["tries"] > 1)
    difference, variance = np.zeros_like(now["hits"]), np.zeros_like(now["hits"])
    for window, sign in ((now, 1), (before, -1)):
        tries = np.where(enough, window["tries"], 2)
        mean = window["hits"] / tries
        difference += sign * mean
        variance += np.maximum(window["squares"] / tries - mean**2, 0) / (tries - 1)
    return np.where(enough & (variance > 0), difference / np.sqrt(np.where(variance > 0, variance, 1)), 0.0)
