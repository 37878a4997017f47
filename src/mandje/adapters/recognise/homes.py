"""What to do with a file that was recognised: which source of a shop, or of which adapter, reads it."""

from __future__ import annotations

from mandje.adapters.recognise import CANONICAL, Recognised
from mandje.shop.settings import ShopSettings


def sources_reading(found: Recognised, settings: ShopSettings) -> list[str]:
    """Sources of the shop that read such a file."""
    return [
        name
        for name, source in settings.sources.items()
        if source.adapter == found.adapter
        and (found.adapter != CANONICAL or (source.feed or name) == found.kind.name)
    ]


def told(found: Recognised, settings: ShopSettings) -> str:
    """What a file is and, where an adapter reads such files, where it belongs."""
    if not found.is_whole:
        return found.words
    if found.adapter is None:
        return f"{found.words}: {found.note}"
    sources = sources_reading(found, settings)
    if sources:
        return f"{found.words}: put it under {' or '.join(f'exports/{name}/' for name in sources)}"
    feed = f' and feed = "{found.kind.name}"' if found.adapter == CANONICAL else ""
    return f'{found.words}: put it under exports/<source>/ of a source with adapter = "{found.adapter}"{feed}'
