"""What a night recommends where customers have no taste: best sellers, and nothing that is forbidden."""

from __future__ import annotations

import pytest

from demo_shop import LAST, small_demo
from mandje.observe.records.nights import read_record
from mandje.publish.query import query_snapshot
from mandje.shop.settings import Shop

# Great Expectations, as it is imported.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return small_demo(tmp_path_factory)


def test_without_taste_best_sellers_recommend_and_no_pair_is_shown(shop: Shop) -> None:
    found = query_snapshot(shop, "select distinct task, method from marts.product_recommendations order by 1")
    assert found.rows() == [(task, "best sellers") for task in ("any", "basket", "new")]
    assert query_snapshot(shop, "select count(*) from marts.related_products").item() <= 2
    months = query_snapshot(shop, "select distinct judged_month, champion from marts.recommendation_quality")
    assert months.rows() == [(LAST.replace(day=1), "best sellers")]
    assert len(list((shop.ops / "recommendation_tests").iterdir())) == 1


def test_all_who_agreed_have_a_list_and_nobody_else(shop: Shop) -> None:
    agreed = (
        "select person_id from predictions.customer_predictions where reason is distinct from 'no_consent'"
    )
    listed = "select distinct person_id from marts.product_recommendations"
    for one, other in ((agreed, listed), (listed, agreed)):
        assert query_snapshot(shop, f"({one}) except ({other})").is_empty()
    record = read_record(shop, LAST, "predict")
    assert record is not None
    told = record["result"]["recommendations"]
    assert told["reason"] is None
    assert told["persons"] == query_snapshot(shop, f"select count(*) from ({listed})").item() > 300


def test_what_must_not_be_offered_is_not(shop: Shop) -> None:
    sent_back = (
        "select count(*) from marts.product_recommendations as told inner join marts.returns as back "
        "using (person_id, product_id) where back.is_counted and back.return_date > told.as_of_date - 90"
    )
    bought = (
        "select count(*) from marts.product_recommendations as told inner join marts.order_lines as line "
        "using (person_id, product_id) where told.task = 'new' and line.is_counted"
    )
    unsold = (
        "select count(*) from marts.product_recommendations as told left join marts.products as sold "
        "using (product_id) where (sold.last_sold_date > told.as_of_date - 90) is not true"
    )
    crowded = (
        "select person_id from marts.product_recommendations "
        "group by person_id, task, category having count(*) > 3"
    )
    assert query_snapshot(shop, sent_back).item() == 0
    assert query_snapshot(shop, bought).item() == 0
    assert query_snapshot(shop, unsold).item() == 0
    assert query_snapshot(shop, crowded).is_empty()
