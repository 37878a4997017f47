"""What sqlfluff's templater lacks of dbt: enough to render our macros, not to run them."""

from collections.abc import Callable


class adapter:  # noqa: N801  dbt's own name
    """An adapter whose dialect macros render as functions of their own names."""

    @staticmethod
    def dispatch(name: str, _project: str) -> Callable[..., str]:
        """Stand in for the macro `name` of the engine at hand."""
        return lambda *arguments: f"{name}({', '.join(str(argument) for argument in arguments)})"


class dbt:  # noqa: N801  dbt's own name
    """Macros that come with dbt."""

    @staticmethod
    def type_string() -> str:
        """Give the engine's text type."""
        return "text"


class target:  # noqa: N801  dbt's own name
    """The engine whose SQL is linted."""

    type = "duckdb"


class model:  # noqa: N801  dbt's own name
    """The model that is rendered."""

    name = "model"


execute = False


def env_var(_name: str, default: str = "2000-01-01") -> str:
    """Stand in for an environment variable: the one that models read is a date."""
    return default
