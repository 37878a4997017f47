"""How good what was said of a holdout was, by name of the measure."""

from __future__ import annotations

from mandje.predict.back_test import measures
from mandje.predict.back_test.forecasts import Forecast
from mandje.predict.models.closed_forms import mean_spend
from mandje.predict.models.holdouts import Holdout
from mandje.predict.models.parameters import SpendParameters, Vector
from mandje.predict.models.rounding import six_digits

Scores = dict[str, float | None]


def order_scores(forecast: Forecast, holdout: Holdout) -> Scores:
    """Of whether an order came, of how many came, and of the law of their number."""
    weight = holdout.patterns.weight
    return (
        probability_scores(forecast.some_order, holdout)
        | count_scores(forecast.orders, holdout)
        | {
            "auc": measures.auc(forecast.some_order, holdout.ordered, weight),
            "pit_share": measures.mean(forecast.pit, weight),
            "coverage": measures.mean(forecast.covered, weight),
            "coverage_told": measures.mean(forecast.covered_told, weight),
        }
    )


def probability_scores(probability: Vector, holdout: Holdout) -> Scores:
    """Of P(an order)."""
    event, weight = holdout.ordered, holdout.patterns.weight
    return {
        "brier": measures.brier(probability, event, weight),
        "log_loss": measures.mean(measures.log_losses(probability, event), weight),
        "calibration_error": measures.calibration_error(probability, event, weight),
    }


def count_scores(expected: Vector, holdout: Holdout) -> Scores:
    """Of expected orders."""
    orders, weight = holdout.orders, holdout.patterns.weight
    return {
        "total_ratio": measures.total_ratio(expected, orders, weight),
        "mean_absolute_error": measures.mean_absolute_error(expected, orders, weight),
    } | ranking_scores(expected, holdout)


def ranking_scores(score: Vector, holdout: Holdout) -> Scores:
    """Of anything that is higher for better customers."""
    weight = holdout.patterns.weight
    return {
        "auc": measures.auc(score, holdout.ordered, weight),
        "top_orders_share": measures.top_share(score, holdout.orders, weight),
        "top_spend_share": measures.top_share(score, holdout.spend, weight),
    }


def spend_scores(orders: Vector, holdout: Holdout, model: SpendParameters | None) -> Scores:
    """With a spend model the spend ranks by itself, not by the orders."""
    if model is None:
        return {"total_spend_ratio": None}
    weight = holdout.patterns.weight
    expected = orders * mean_spend(model, holdout.spend_days, holdout.mean_spend)
    return {
        "total_spend_ratio": measures.total_ratio(expected, holdout.spend, weight),
        "top_spend_share": measures.top_share(expected, holdout.spend, weight),
    }


def six(scores: Scores) -> Scores:
    """As they are kept: rounded to six digits."""
    return {name: None if score is None else six_digits(score) for name, score in scores.items()}
