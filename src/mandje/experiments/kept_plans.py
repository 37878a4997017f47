"""The plan of each experiment as it was when it began: `ops/experiments/<hash of its id>.json`."""

from __future__ import annotations

from hashlib import sha256

from pydantic import ValidationError

from mandje.shop.experiments import Experiment
from mandje.shop.settings import Shop
from mandje.system.own_files import remembered, write_own

_KEPT = {"experiment_id": str, "plan": dict}


def keep_plan(shop: Shop, experiment_id: str, plan: Experiment) -> str | None:
    """Keep a plan the first time; later give what of it has changed, in words, or None.

    `participation` may be raised. Ids may hold anything, so the file is called after their hash.
    """
    path = shop.ops / "experiments" / f"{sha256(experiment_id.encode()).hexdigest()[:16]}.json"
    then = _plan(remembered(path, _KEPT))
    changed = _changes(then, plan) if then else []
    if not changed and plan != then:
        write_own(path, {"experiment_id": experiment_id, "plan": plan.model_dump(mode="json")})
    return "; ".join(changed) or None


def _plan(kept: dict[str, object] | None) -> Experiment | None:
    try:
        return Experiment.model_validate(kept["plan"]) if kept else None
    except ValidationError:  # kept by another version, and only a memory
        return None


def _changes(then: Experiment, now: Experiment) -> list[str]:
    names = [name for name in Experiment.model_fields if getattr(then, name) != getattr(now, name)]
    if now.participation > then.participation:
        names.remove("participation")
    before, after = then.model_dump(mode="json"), now.model_dump(mode="json")
    return [f"{name} was {before[name]}, is {after[name]}" for name in names]
