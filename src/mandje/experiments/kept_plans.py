"""The plan of each experiment as it was when it began: `ops/experiments/<hash of its id>.json`."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from pathlib import Path

from mandje.shop.experiments import Experiment
from mandje.shop.settings import Shop
from mandje.system.own_files import read_own, remembered, remove_own, write_own

# `kept_by` is the night that kept it first; null where ids were given their variants by it.
_KEPT = {"experiment_id": str, "plan": Experiment.model_validate, "kept_by": str | None}
_MEND = (
    "restore it from your backup; without one remove it ({file}): the plan of shop.toml is then kept as if "
    "the experiment began anew, so see that nothing of it was changed since"
)


def keep_plan(shop: Shop, experiment_id: str, plan: Experiment, night: date | None) -> str | None:
    """Keep a plan the first time; later give what of it has changed, in words, or None.

    `participation` may be raised. Ids may hold anything, so the file is called after their hash. `night` is
    the as-of date of the night that sees units; None where ids are given their variants: what was given
    cannot be unmade.

    Raises:
        DamagedFileError: the file is not what was written, so nobody knows what the plan was.
    """
    path = _folder(shop) / f"{sha256(experiment_id.encode()).hexdigest()[:16]}.json"
    kept = read_own(path, _KEPT, _MEND)
    then = Experiment.model_validate(kept["plan"]) if kept else None
    changed = _changes(then, plan) if then else []
    kept_by = kept["kept_by"] if kept and night else night
    if not changed and (kept is None or (then, kept["kept_by"]) != (plan, kept_by)):
        told = {"experiment_id": experiment_id, "plan": plan.model_dump(mode="json"), "kept_by": kept_by}
        write_own(path, told)
    return "; ".join(changed) or None


def forget_plans(shop: Shop, night: date) -> None:
    """Remove what a night kept first; a damaged file stays, for the next night to tell of."""
    for path in sorted(_folder(shop).glob("*.json")):
        kept = remembered(path, _KEPT)
        if kept and kept["kept_by"] == night.isoformat():
            remove_own(path)


def _folder(shop: Shop) -> Path:
    return shop.ops / "experiments"


def _changes(then: Experiment, now: Experiment) -> list[str]:
    names = [name for name in Experiment.model_fields if getattr(then, name) != getattr(now, name)]
    if now.participation > then.participation:
        names.remove("participation")
    before, after = then.model_dump(mode="json"), now.model_dump(mode="json")
    return [f"{name} was {before[name]}, is {after[name]}" for name in names]
