"""The comments of a Python file."""

import re

from backend_advisor.code.frontends.python.literals import decode
from backend_advisor.code.ir import Comment

_STRINGS_AND_COMMENTS = re.compile(
    rb"""[\#"'](?:
      (?<=\#)[^\n\r]*+
    | (?<=")(?: "" (?:[^"\\]|\\.|"(?!""))*+ (?:"{3}|\Z) | (?:[^"\\\n]|\\.)*+ "?+ )
    | (?<=')(?: '' (?:[^'\\]|\\.|'(?!''))*+ (?:'{3}|\Z) | (?:[^'\\\n]|\\.)*+ '?+ )
    )""",
    re.DOTALL | re.VERBOSE,
)


def comments_of(source: bytes, encoding: str) -> list[Comment]:
    """Every comment, in order."""
    if b"#" not in source:
        return []
    return [
        Comment(found.start(), found.end(), decode(found[0].lstrip(b"#"), encoding).strip())
        for found in _STRINGS_AND_COMMENTS.finditer(source)
        if source[found.start()] == 35
    ]
