"""A source in one line."""

from backend_advisor.model import Source
from backend_advisor.report.style import Style


def source_line(source: Source, style: Style) -> str:
    """Publisher, title, section, edition and date of a source, without its address."""
    edition = f"{source.edition}, " if source.edition else ""
    return f"{source.publisher}, {source.title}, {source.section} ({edition}{style.say('consulted', date=source.date)})"
