"""How a reader wants a report, and the headings in the reader's language."""

from dataclasses import dataclass

from backend_advisor.model import Language
from backend_advisor.phrases import phrase

_PACKAGE = __package__ or ""


@dataclass(frozen=True, slots=True)
class Style:
    """The reader's choices; formats that have no use for one ignore it."""

    language: Language = "en"
    verbose: bool = False
    colour: bool = False
    width: int = 100

    def say(self, key: str, /, **values: object) -> str:
        """A phrase of this room in the reader's language."""
        return phrase(_PACKAGE, self.language, key, **values)
