from __future__ import annotations

import numpy as np
import pytest

import cdnow
from histories import patterns, simulate
from mandje.predict.models import ladder
from mandje.predict.models.ladder import choose_purchase_model, choose_spend_model
from mandje.predict.models.parameters import PurchasePatterns, SpendPatterns
from mandje.predict.models.purchase_model import fit_nbd

ALIKE = patterns([30] * 600, [599] * 600, [600] * 600)


def unread() -> PurchasePatterns:
    raise AssertionError("an earlier date is the last resort")


def test_plain_maximum_likelihood_where_the_data_speak() -> None:
    choice = choose_purchase_model(cdnow.sample_patterns(), unread)
    assert choice.rung == "maximum_likelihood"
    assert [rung["fault"] for rung in choice.rungs] == [None]


def test_nbd_by_name_where_nobody_leaves() -> None:
    choice = choose_purchase_model(patterns(*simulate(1500, (1.0, 115, 0, 1), 370, seed=2)), unread)
    assert choice.rung == "no_leaving"
    assert choice.parameters is not None
    assert choice.parameters.form == "NBD"
    assert [rung["rung"] for rung in choice.rungs] == ["maximum_likelihood", "no_leaving"]
    assert "nobody is seen to leave" in str(choice.rungs[0]["fault"])


def test_a_weak_prior_where_all_leave_alike() -> None:
    """One leaving probability for all: a and b run away together, their ratio stays."""
    choice = choose_purchase_model(patterns(*simulate(1500, (0.54, 150, 3e5, 7e5), 1500, seed=0)), unread)
    assert choice.rung in {"weak_prior", "stronger_prior"}
    assert choice.parameters is not None
    assert choice.parameters.a / (choice.parameters.a + choice.parameters.b) == pytest.approx(0.3, abs=0.08)
    assert choice.rungs[0]["fault"] is not None
    assert choice.rungs[-1]["fault"] is None


def test_no_numbers_where_no_rung_holds() -> None:
    choice = choose_purchase_model(patterns([30] * 600, [599] * 600, [600] * 600), lambda: ALIKE)
    assert choice.fit is None
    assert choice.rung is None
    assert all(rung["fault"] for rung in choice.rungs)


def test_an_earlier_date_where_tonight_is_degenerate() -> None:
    choice = choose_purchase_model(ALIKE, cdnow.sample_patterns)
    assert choice.rung == "earlier_date"
    assert [rung["rung"] for rung in choice.rungs][-3:] == ["weak_prior", "stronger_prior", "earlier_date"]
    nobody = choose_purchase_model(ALIKE, lambda: patterns([0] * 9, [0] * 9, [9] * 9))
    assert (nobody.rung, nobody.rungs[-1]["rung"]) == (None, "stronger_prior")


def test_mbg_nbd_climbs_the_same_ladder() -> None:
    choice = choose_purchase_model(cdnow.sample_patterns(), unread, "MBG/NBD")
    assert choice.rung == "maximum_likelihood"
    assert choice.parameters is not None
    assert choice.parameters.form == "MBG/NBD"


def test_nobody_ordered_twice() -> None:
    choice = choose_purchase_model(patterns([0] * 600, [0] * 600, range(1, 601)), unread)
    assert choice.fit is None
    assert choice.rungs == [{"rung": "maximum_likelihood", "fault": "nobody ordered twice"}]


def test_a_faulty_nbd_goes_on_to_the_priors(monkeypatch: pytest.MonkeyPatch) -> None:
    known = patterns(*simulate(1500, (1.0, 115, 0, 1), 370, seed=2))
    faulty = fit_nbd(known).__class__(**(vars(fit_nbd(known)) | {"fault": "planted"}))
    monkeypatch.setattr(ladder, "fit_nbd", lambda _: faulty)
    rungs = [rung["rung"] for rung in choose_purchase_model(known, unread).rungs]
    assert rungs[:3] == ["maximum_likelihood", "no_leaving", "weak_prior"]


def test_spend_refuses_with_its_reason() -> None:
    nobody = SpendPatterns(*np.empty((3, 0)))
    assert choose_spend_model(nobody).reason == "no_repeat_spend"
    alike = SpendPatterns(np.arange(1.0, 101.0), np.full(100, 9.99), np.ones(100))
    choice = choose_spend_model(alike)
    assert (choice.fit, choice.reason) == (None, "no_spend_model")
    assert choice.explanation
    assert choose_spend_model(cdnow.sample_spend()).reason is None
