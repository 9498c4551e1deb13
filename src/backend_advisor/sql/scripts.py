"""What stands in a file of SQL and is not SQL: client commands, copied data, template marks.

Each is replaced by text of its own length, so that every position stays true.
"""

import re

DRIVER_PLACEHOLDER = re.compile(
    r"'(?:[^']|'')*'|%s|(?:%\(|[#$]\{)(?P<name>\w+)[^)}]*(?:\)s|\})|%(?P<filled>[A-Za-z_]\w*)%|"
    r"\?\d+|(?<![:\w])[:@](?P<word>[A-Za-z_]\w*|\d+)\b"
)
"""Also SQLite's `?1`, Oracle's `:1`, and names that are keywords (`:from`), which the parser does not take."""

_TEMPLATE_MARK = re.compile(
    r"'(?:[^']|'')*'|--[^\n]*|(\{\{[^{}\n]{0,80}|\{%[^{}\n]{0,80}|%[A-Za-z_]\w*%|\$\{[^{}\n]{0,80})"
)

_CLIENT_COMMAND = re.compile(
    r"^(?:\\[^\n]*|\.[a-z]+\b[^\n]*|(?<=\n\n)(?:no)?warnings?[ \t]*;?[ \t]*(?=\n\n)|go[ \t]*|/[ \t]*|"
    r"(?:source[ \t]+|@@?)[\w./-]+\.sql[ \t]*;?[ \t]*)$",
    re.IGNORECASE | re.MULTILINE,
)
_DELIMITER = re.compile(r"^[ \t]*delimiter[ \t]+(\S+)[^\n]*$", re.IGNORECASE | re.MULTILINE)
_COPIED_ROWS = re.compile(r"^copy\b[^;]{1,1000}\bfrom\s+stdin\b[^;\n]{0,500};[^\n]*\n", re.IGNORECASE | re.MULTILINE)
_END_OF_ROWS = re.compile(r"^\\\.[ \t]*$", re.MULTILINE)
_TAG = re.compile(r"\{[#%]-?\s*(?:(if\s+not\s+loop\.last|else|elif|macro)\b)?")
_END_OF_TAG = {"{#": re.compile(r"#\}"), "{%": re.compile(r"%\}")}
_END_OF_BLOCK = {
    "endif": re.compile(r"\{%-?\s*endif\s*-?%\}"),
    "endmacro": re.compile(r"\{%-?\s*endmacro\s*-?%\}"),
}
_TEMPLATE_VALUE = re.compile(r"\{\{-?([^{}]{1,500}?)-?\}\}")
_TEMPLATE_SETTING = re.compile(r"\s*(?:config|set|log|print)\s*\(")
_WORD = re.compile(r"[A-Za-z_]\w*")
_RELATION = re.compile(r"\s*(?:ref|source)\s*\(.*?['\"](\w+)['\"]\s*(?:,[^'\"]*)?\)\s*$", re.DOTALL)
_BEFORE_NAME = re.compile(r"(?:\b(?:from|join|into|update|table|as|on)\s+|[\w.\"`])$", re.IGNORECASE)


def plain_sql(text: str, dialect: str) -> str:
    """The text with everything that its client or template engine would take out or fill in made plain SQL."""
    text = _without_copied_rows(text)
    text = _with_usual_delimiter(text)
    text = _CLIENT_COMMAND.sub(_blank, text)
    if "{{" in text or "{%" in text or "{#" in text:
        text = _rendered(text)
    if dialect == "mysql" and "#{" in text:
        # To MySQL a mapper's `#{name}` begins a comment, which would swallow the rest of its line.
        text = DRIVER_PLACEHOLDER.sub(as_placeholder, text)
    return text


def template_mark(text: str) -> re.Match[str] | None:
    """The first mark of a template outside strings and comments."""
    return next((match for match in _TEMPLATE_MARK.finditer(text) if match.group(1)), None)


def as_placeholder(match: re.Match[str]) -> str:
    """A driver's or mapper's placeholder as one that SQL knows, padded to the same length."""
    if match.group().startswith("'"):
        return match.group()
    named = match.group("name") or match.group("filled")
    return (f":{named}" if named else "?").ljust(len(match.group()))


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match.group())


def _without_copied_rows(text: str) -> str:
    """The rows that follow COPY … FROM stdin in a dump, blanked."""
    pieces, position = [], 0
    for match in _COPIED_ROWS.finditer(text):
        if match.start() < position:
            continue
        end = _END_OF_ROWS.search(text, match.end())
        if end is None:
            break
        pieces += [text[position : match.end()], re.sub(r"[^\n]", " ", text[match.end() : end.end()])]
        position = end.end()
    return "".join([*pieces, text[position:]])


def _with_usual_delimiter(text: str) -> str:
    """MySQL's client lets a script choose what ends a statement; here it is a semicolon again."""
    marks = list(_DELIMITER.finditer(text))
    if not marks:
        return text
    pieces = [text[: marks[0].start()]]
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        chosen = mark.group(1)
        body = text[mark.end() : following.start() if following else len(text)]
        pieces += [" " * len(mark.group()), body.replace(chosen, ";".ljust(len(chosen)))]
    return "".join(pieces)


def _rendered(text: str) -> str:
    """One reading of a Jinja or Go template: loops once, the first branch of each choice, names for values."""
    text = _without_tags(text)
    return _TEMPLATE_VALUE.sub(_as_name, text)


def _without_tags(text: str) -> str:
    """Tags and comments blanked, with what a first reading leaves out: other branches, macros, commas between turns."""
    pieces, position = [], 0
    unclosed: set[str] = set()
    for tag in _TAG.finditer(text):
        if tag.start() < position:
            continue
        word = tag.group(1) or ""
        mark = tag.group()[:2]
        block = "" if mark == "{#" or not word else "endmacro" if word == "macro" else "endif"
        closing = block if block and block not in unclosed else mark
        if closing in unclosed:
            continue
        end = (_END_OF_BLOCK[block] if closing == block and block else _END_OF_TAG[mark]).search(text, tag.end())
        if end is None:
            unclosed.add(closing)
            continue
        pieces += [text[position : tag.start()], re.sub(r"[^\n]", " ", text[tag.start() : end.end()])]
        position = end.end()
    return "".join([*pieces, text[position:]])


def _as_name(match: re.Match[str]) -> str:
    inside, text = match.group(1), match.string
    if _WORD.search(inside) is None:
        return match.group()
    if _TEMPLATE_SETTING.match(inside):
        return _blank(match)
    relation, word = _RELATION.match(inside), _WORD.search(inside)
    name = relation.group(1) if relation else word.group() if word else "x"
    length = len(match.group())
    goes_on = match.end() < len(text) and (text[match.end()].isalnum() or text[match.end()] == "_")
    if goes_on:
        return name[:length].ljust(length, "_")
    if relation or _BEFORE_NAME.search(text, max(0, match.start() - 12), match.start()):
        return name.ljust(length)
    return f":{name}".ljust(length)
