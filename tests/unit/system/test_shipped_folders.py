"""What comes with Mandje is found in a checkout and in an installed wheel."""

from pathlib import Path

from mandje.system.shipped import shipped
from repository import DAGS, DBT_PROJECT


def test_in_a_checkout_it_stands_at_the_top() -> None:
    assert shipped("dbt_project") == DBT_PROJECT
    assert shipped("dags") == DAGS


def test_in_a_wheel_it_lies_in_the_package(tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "mandje"
    packed = package / "shipped" / "dbt_project"
    packed.mkdir(parents=True)
    (tmp_path / "dbt_project").mkdir()  # somebody else's
    assert shipped("dbt_project", package) == packed
