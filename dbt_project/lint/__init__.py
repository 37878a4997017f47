"""What sqlfluff's templater lacks of dbt: enough to render our macros, not to run them."""


class adapter:  # noqa: N801
    """dbt's adapter: a dialect macro renders as a function of its own name."""

    @staticmethod
    def dispatch(name, _project):
        return lambda *arguments: f"{name}({', '.join(str(argument) for argument in arguments)})"


class dbt:  # noqa: N801
    """dbt's own macros."""

    @staticmethod
    def type_string():
        return "text"


execute = False


def env_var(_name, default="2000-01-01"):
    """dbt's env_var; the one variable that models read is a date."""
    return default
