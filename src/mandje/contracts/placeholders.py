"""What is no id though it stands in an id's place. Settings read it, so it loads nothing heavy."""

from __future__ import annotations

# What tools and people write where there is no id: as an id each would be one customer with all guests'
# orders. Numbers that programs use for nothing, the words for it in their languages, a spreadsheet's errors,
# GA4's words, the UUID of zeros, and words for somebody unknown. In small letters.
PLACEHOLDERS = (
    *("0", "-0", "-1", "-", "--", "?"),
    *(
        "null",
        "(null)",
        "none",
        "(none)",
        "nil",
        "nan",
        "nat",
        "na",
        "n/a",
        "n.a.",
        "<na>",
        "\\n",
        "undefined",
    ),
    *("false", "inf", "-inf", "#n/a", "#ref!", "#value!", "#null!", "#name?", "#div/0!"),
    *("(not set)", "not set", "(not provided)", "(other)", "00000000-0000-0000-0000-000000000000"),
    *("unknown", "anonymous", "guest"),
)
