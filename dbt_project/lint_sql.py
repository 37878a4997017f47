"""Lint the SQL with sqlfluff: only what changed since it was last found clean.

Run `python dbt_project/lint_sql.py`. What sqlfluff says of a file depends on the file, macros, settings
and its version. A hash of all of them is kept in .sqlfluff_cache for every clean file; where one is new,
the file is linted. Without .sqlfluff_cache everything is.
"""
# ruff: noqa: INP001  a script, no package

import subprocess
import sys
from collections.abc import Iterable
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

PROJECT = Path(__file__).parent
ROOT = PROJECT.parent
CLEAN = ROOT / ".sqlfluff_cache"
SETTINGS = [
    *(ROOT / ".sqlfluff", ROOT / ".sqlfluffignore", ROOT / "pyproject.toml"),
    *sorted((PROJECT / "lint").rglob("*.py")),
    *sorted((PROJECT / "macros").rglob("*.sql")),
]
# On all cores. As it ends it leaves a semaphore to Python, which clears it away and would say so.
QUIETLY = [sys.executable, "-W", "ignore:resource_tracker:UserWarning"]
SQLFLUFF = [*QUIETLY, "-m", "sqlfluff", "lint", "--processes", "0", "--disable-progress-bar"]


def main() -> int:
    """Lint the files that are not known as clean, and note those that are."""
    linted = [path for folder in ("models", "tests") for path in sorted((PROJECT / folder).rglob("*.sql"))]
    hashes = _hashes(linted)
    known = set(CLEAN.read_text(encoding="ascii").split()) if CLEAN.exists() else set()
    changed = [path for path, digest in hashes.items() if digest not in known]
    if changed and (failed := subprocess.run([*SQLFLUFF, *changed], cwd=ROOT, check=False).returncode):  # noqa: S603
        return failed
    CLEAN.write_text("\n".join(hashes.values()), encoding="ascii")
    return 0


def _hashes(paths: Iterable[Path]) -> dict[Path, str]:
    """The hash of each file, its path and all that decides besides."""
    common = sha256(version("sqlfluff").encode())
    for path in SETTINGS:
        common.update(sha256(path.read_bytes()).digest())
    return {
        path: sha256(
            common.digest() + str(path.relative_to(ROOT)).encode() + sha256(path.read_bytes()).digest()
        ).hexdigest()
        for path in paths
    }


if __name__ == "__main__":
    sys.exit(main())
