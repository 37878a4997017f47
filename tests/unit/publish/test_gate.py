from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from mandje.publish.gate import Gate, GateInputs, gate

DAY = date(2011, 12, 9)
CLEAN = GateInputs(
    as_of_date=DAY,
    build_marker={"as_of_date": "2011-12-09", "complete": True, "is_current": True},
    missing_stages=(),
    failed_tests=(),
    failed_holds=(),
    account_differences=(),
    refused_deliveries=(),
    kept_rows=3,
    key_fault=None,
)


def test_clean_evidence_passes() -> None:
    assert gate(CLEAN) == Gate(passed=True, reasons=())


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"build_marker": None}, "never built"),
        ({"build_marker": {"as_of_date": "2011-12-09", "complete": False}}, "did not end"),
        (
            {"build_marker": {"as_of_date": "2011-12-09", "complete": True, "is_current": False}},
            "since the build",
        ),
        (
            {"build_marker": {"as_of_date": "2011-12-08", "complete": True, "is_current": True}},
            "stands at 2011-12-08, not at 2011-12-09",
        ),
        ({"missing_stages": ["check"]}, "without a record of this night: check"),
        ({"failed_tests": ["orders_total_ties"]}, "orders_total_ties"),
        ({"failed_holds": ["orders: a key comes twice"]}, "orders: a key comes twice"),
        ({"account_differences": ["orders EUR: 3 rows, 1.20"]}, "orders EUR: 3 rows, 1.20"),
        ({"refused_deliveries": ["orders 2011-12-09: header"]}, "orders 2011-12-09: header"),
        ({"kept_rows": 0}, "no delivered row is kept"),
        ({"key_fault": "the key is another; restore it"}, "the key is another"),
    ],
)
def test_each_fault_closes_the_gate_with_one_line_and_a_next_step(fault: dict[str, Any], said: str) -> None:
    verdict = gate(replace(CLEAN, **fault))
    assert not verdict.passed
    assert len(verdict.reasons) == 1
    assert said in verdict.reasons[0]
    assert "; " in verdict.reasons[0]


def test_all_reasons_are_told_at_once_each_in_one_line() -> None:
    verdict = gate(replace(CLEAN, failed_tests=["a\nb", "c"], key_fault="d; e"))
    assert len(verdict.reasons) == 3
    assert not any("\n" in reason for reason in verdict.reasons)
