"""What comes with Mandje beside its code: the folders `dbt_project` and `dags`.

In a checkout they stand at its top; a wheel carries them below the package (`force-include` in
pyproject.toml). Nothing is ever written there: an installation may be read-only. Standard library only: a
host's Airflow imports this.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped(folder: str, package: Path = _PACKAGE) -> Path:
    """Where a folder that comes with Mandje is: in the installed package, or at the top of its checkout."""
    packed = package / "shipped" / folder
    return packed if packed.is_dir() else package.parents[1] / folder
