"""docs/generate.py as a module: it is a script beside the pages that it writes."""

from __future__ import annotations

import importlib.util
from types import ModuleType

from repository import ROOT

_SCRIPT = ROOT / "docs" / "generate.py"


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", _SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generate = _loaded()
