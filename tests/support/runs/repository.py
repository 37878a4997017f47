"""Where the repository's folders are, wherever a test lies."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "data"
DAGS = ROOT / "dags"
DBT_PROJECT = ROOT / "dbt_project"
