"""What can be wrong with the inputs of a calculation."""

from typing import TYPE_CHECKING

from backend_advisor.phrases import phrase

if TYPE_CHECKING:
    from backend_advisor.model import Language

_PACKAGE = __package__ or ""


class InputError(ValueError):
    """An input that cannot be calculated with: which one, why, and what to write instead, in both languages.

    `name` is the input's name, `cause` a key of the phrases of this room that begin with `refused_`.
    """

    def __init__(self, name: str, cause: str, **values: object) -> None:
        self.name = name
        self.cause = cause
        self.values = values
        super().__init__(self.message("en"))

    def message(self, language: "Language") -> str:
        """One sentence for the reader."""
        values = {key: value[language] if isinstance(value, dict) else value for key, value in self.values.items()}
        reason = phrase(_PACKAGE, language, f"refused_{self.cause}", name=self.name, **values)
        return phrase(_PACKAGE, language, "refused", name=self.name, reason=reason)


class UnknownCalculatorError(KeyError):
    """There is no calculator of that name; `near` are names like it."""

    def __init__(self, name: str, near: tuple[str, ...]) -> None:
        super().__init__(name)
        self.name = name
        self.near = near
