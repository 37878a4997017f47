"""One cause gives one sentence."""

from mandje.report.sentences.causes import causes
from mandje.report.sentences.claims import head_and_detail
from mandje.report.sentences.looked_at import ALL, FIGURES
from mandje.report.sentences.unusual import Change
from mandje.report.sentences.weeks import Slice

FIGURE = {figure.name: figure for figure in FIGURES}


def _change(name: str, sign: int, unusual: float, cut: str = ALL, site: str = ALL) -> Change:
    return Change(FIGURE[name], Slice(site, cut), 2, sign, unusual)


def _told(*changes: Change) -> list[tuple[str, str, str]]:
    return [(one.figure.name, one.slice.site, one.slice.cut) for one in causes(changes)]


def test_phones_explain_all_that_follows() -> None:
    assert _told(
        _change("orders", -1, 9.0),
        _change("orders", -1, 8.0, "online"),
        _change("conversion", -1, 6.0, "mobile"),
        _change("conversion", -1, 5.0, "mobile", "nl"),
        _change("conversion", -1, 4.0),
        _change("carts_left", 1, 3.0, "mobile"),
        _change("carts_left", 1, 2.5),
    ) == [("conversion", ALL, "mobile")]


def test_what_has_another_cause_stays() -> None:
    assert _told(
        _change("conversion", -1, 6.0, "mobile"),
        _change("conversion", 1, 5.0, "desktop"),
        _change("orders", 1, 4.0, "store"),
        _change("order_value", -1, 3.0),
    ) == [
        ("conversion", ALL, "mobile"),
        ("conversion", ALL, "desktop"),
        ("orders", ALL, "store"),
        ("order_value", ALL, ALL),
    ]


def test_one_site_does_not_explain_the_other() -> None:
    assert _told(
        _change("conversion", -1, 6.0, ALL, "nl"),
        _change("orders", -1, 3.0, ALL, "uk"),
        _change("orders", -1, 3.0, ALL, "nl"),
    ) == [("conversion", "nl", ALL), ("orders", "uk", ALL)]


def test_of_slices_nearly_alike_the_widest_is_told() -> None:
    each = [
        _change("cost_a_visit", 1, value, "Paid Search", site) for site, value in (("nl", 9.8), ("uk", 9.9))
    ]
    both = _change("cost_a_visit", 1, 9.4, "Paid Search")
    assert _told(*each, both) == [("cost_a_visit", ALL, "Paid Search")]
    assert _told(*each, _change("cost_a_visit", 1, 3.0)) == [
        ("cost_a_visit", "uk", "Paid Search"),
        ("cost_a_visit", "nl", "Paid Search"),
    ]


def test_dearer_visits_explain_their_spend_and_bought_visits_follow_it() -> None:
    assert _told(
        _change("spend", 1, 3.0, "Paid Search"),
        _change("cost_a_visit", 1, 9.0, "Paid Search"),
        _change("spend", 1, 5.0, "Display"),
        _change("visits", 1, 4.0, "Display"),
        _change("visits", 1, 4.0, "Email"),
    ) == [("cost_a_visit", ALL, "Paid Search"), ("spend", ALL, "Display"), ("visits", ALL, "Email")]


def test_orders_are_told_first_then_the_step_where_they_are_lost() -> None:
    orders, paid = _change("conversion", -1, 4.0, "mobile"), _change("paid", -1, 7.0, "mobile")
    others = [_change("added", 1, 5.0, "mobile"), _change("checkouts", -1, 5.0, "desktop")]
    assert head_and_detail(paid, [orders, paid, *others]) == (orders, paid)
    assert head_and_detail(orders, [orders, paid, *others]) == (orders, paid)
    assert head_and_detail(orders, [orders, *others]) == (orders, None)
    assert head_and_detail(paid, [paid, *others]) == (paid, None)


def test_what_chance_may_have_done_is_no_step() -> None:
    orders = _change("conversion", -1, 4.0)
    assert head_and_detail(orders, [orders, _change("paid", -1, -0.5)]) == (orders, None)


def test_a_cart_that_comes_to_no_checkout_is_told_as_left() -> None:
    orders, left = _change("conversion", -1, 4.0), _change("carts_left", 1, 2.0)
    assert head_and_detail(orders, [orders, _change("checkouts", -1, 3.0), left]) == (orders, left)
