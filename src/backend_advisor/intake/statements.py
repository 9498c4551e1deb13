"""Telling SQL statements from English sentences, without parsing either.

"SELECT id FROM users" and "select the best option from the list" begin alike. What tells them apart is that a
statement's parts are expressions, and that people write keywords in capitals or use punctuation prose has not.
"""

import re
from collections.abc import Iterator
from functools import cache

_OPENING = re.compile(r"--[^\n]*|/\*|\$\w*\$|'")
_MAX_UNCLOSED = 50
_NAME = r"(?:[\w$가-힣]+|\"[^\"\n]+\"|`[^`\n]+`|\[[\w ]+\]|[:@$#]\w+|\$\{[^}\n]*\}|#\{[^}\n]*\})"
_TARGET = rf"{_NAME}(?:\s?\.\s?{_NAME})*"
_MAX_SELECT_LIST = 20_000
_VERB = re.compile(r"[A-Za-z]+")
START = re.compile(
    r"(?:SELECT|WITH|INSERT\s+(?:IGNORE\s+)?INTO|REPLACE\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO|"
    r"EXPLAIN|CREATE|ALTER|DROP|"
    r"TRUNCATE|VACUUM|ANALYZE|REINDEX|GRANT|REVOKE|BEGIN|START\s+TRANSACTION|COMMIT|ROLLBACK|COPY|SET|"
    r"CALL|DO|LOCK\s+TABLE|"
    r"COMMENT\s+ON|REFRESH\s+MATERIALIZED|DECLARE|USE|VALUES|SHOW)\b",
    re.IGNORECASE,
)
_SHAPES: tuple[tuple[str, str], ...] = (
    ("WITH", rf"WITH\s+(?:RECURSIVE\s+)?{_NAME}\s*(?:\([^()]*\)\s*)?AS\s*(?:(?:NOT\s+)?MATERIALIZED\s*)?\("),
    ("INSERT", rf"INSERT\s+(?:IGNORE\s+)?INTO\s+{_TARGET}\s*(?:\(|VALUES\b|SELECT\b|DEFAULT\s+VALUES)"),
    ("REPLACE", rf"REPLACE\s+INTO\s+{_TARGET}\s*(?:\(|VALUES\b|SELECT\b)"),
    ("UPDATE", rf"UPDATE\s+(?:ONLY\s+)?{_TARGET}(?:\s+(?:AS\s+)?\w+)?\s+SET\s+{_TARGET}\s*="),
    ("DELETE", rf"DELETE\s+FROM\s+(?:ONLY\s+)?{_TARGET}\s*(?:;|$|WHERE\b|USING\b|RETURNING\b|\w+\s+WHERE\b|LIMIT\b)"),
    ("MERGE", rf"MERGE\s+INTO\s+{_TARGET}[\s\S]{{0,500}}?\bUSING\b"),
    ("CREATE", rf"CREATE\s+(?:OR\s+REPLACE\s+)?(?:GLOBAL\s+|LOCAL\s+)?(?:TEMP(?:ORARY)?\s+|"
     rf"UNLOGGED\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?{_TARGET}\s*(?:\(|AS\b|PARTITION\s+OF\b|LIKE\b)"),
    ("CREATE", rf"CREATE\s+(?:UNIQUE\s+|FULLTEXT\s+|"
     rf"SPATIAL\s+)?INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+NOT\s+EXISTS\s+)?(?:{_TARGET}\s+)?ON\s+(?:ONLY\s+)?{_TARGET}"),
    ("CREATE", rf"CREATE\s+(?:OR\s+REPLACE\s+)?(?:(?:MATERIALIZED|RECURSIVE|TEMP|"
     rf"TEMPORARY)\s+)*VIEW\s+(?:IF\s+NOT\s+EXISTS\s+)?{_TARGET}"),
    ("CREATE", rf"CREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE|TRIGGER|SEQUENCE|TYPE|EXTENSION|SCHEMA|"
     rf"DATABASE|ROLE|USER|POLICY|DOMAIN|STATISTICS|"
     rf"PUBLICATION)\s+(?:IF\s+NOT\s+EXISTS\s+)?{_TARGET}\s*(?:\(|;|$|AS\b|ON\b|BEFORE\b|AFTER\b|"
     rf"WITH\b|START\b|INCREMENT\b|FOR\b|LOGIN\b|PASSWORD\b|CHARACTER\b)"),
    ("ALTER", rf"ALTER\s+(?:TABLE|INDEX|SEQUENCE|VIEW|TYPE|DATABASE|ROLE|SYSTEM|"
     rf"DEFAULT)\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?{_TARGET}\s+(?:ADD|DROP|ALTER|RENAME|SET|OWNER|"
     rf"ATTACH|DETACH|VALIDATE|ENABLE|DISABLE|MODIFY|CHANGE|CLUSTER|RESET|CONVERT|ENGINE|REPLICA|FORCE)\b"),
    ("DROP", rf"DROP\s+(?:TABLE|INDEX|VIEW|SCHEMA|DATABASE|SEQUENCE|FUNCTION|TYPE|COLUMN|"
     rf"MATERIALIZED\s+VIEW)\s+(?:CONCURRENTLY\s+)?(?:IF\s+EXISTS\s+)?{_TARGET}\s*(?:;|$|,|CASCADE|RESTRICT|ON\b)"),
    ("TRUNCATE", rf"TRUNCATE\s+(?:TABLE\s+)?{_TARGET}\s*(?:;|$|,|CASCADE|RESTART)"),
    ("COPY", rf"COPY\s+{_TARGET}[\s\S]{{0,500}}?\b(?:FROM|TO)\b|COPY\s*\("),
    ("EXPLAIN", r"EXPLAIN\s*(?:\([^()]*\)\s*|(?:ANALYZE|VERBOSE|ANALYSE)\s+)*(?:SELECT|WITH|UPDATE|DELETE|INSERT)\b"),
    ("BEGIN COMMIT ROLLBACK START", r"(?:BEGIN|COMMIT|ROLLBACK|START\s+TRANSACTION)"
     r"(?:\s+(?:TRANSACTION|WORK|ISOLATION\b[\w\s]*|READ\s+\w+))?\s*;"),
    ("SET", rf"SET\s+(?:LOCAL\s+|SESSION\s+|GLOBAL\s+|@@?)?{_TARGET}\s*(?:=|TO\b)\s*\S[^\n]*;"),
    ("VACUUM REINDEX ANALYZE", r"(?:VACUUM|REINDEX|ANALYZE)\b[^\n;]{0,200};"),
    ("DO CALL LOCK COMMENT", rf"DO\s+\$\w*\$|CALL\s+{_TARGET}\s*\(|"
     rf"LOCK\s+TABLE\s+{_TARGET}|COMMENT\s+ON\s+\w+\s+{_TARGET}\s+IS\s+'"),
    ("GRANT REVOKE", rf"(?:GRANT|REVOKE)\s+[\w\s,()]+\s+ON\s+[\w\s.\"]+\s+(?:TO|FROM)\s+{_NAME}"),
    ("REFRESH SHOW", rf"REFRESH\s+MATERIALIZED\s+VIEW\s+(?:CONCURRENTLY\s+)?{_TARGET}|SHOW\s+\w+\s*;"),
)  # fmt: skip
_DDL = re.compile(r"(?:CREATE|ALTER|DROP|COMMENT\s+ON)\b", re.IGNORECASE)
_NOT_DDL = re.compile(r"^\s*(?:SELECT|WITH|INSERT|UPDATE|DELETE|MERGE|REPLACE|EXPLAIN|COPY)\b", re.IGNORECASE)
_SELECT = re.compile(r"SELECT\b", re.IGNORECASE)
_SELECT_LEAD = re.compile(
    r"SELECT\s+(?:ALL\s+|DISTINCT(?:\s+ON\s*\([^()]*\))?\s+|TOP\s*\(?\d+\)?\s+|SQL_CALC_FOUND_ROWS\s+|/\*)?",
    re.IGNORECASE,
)
_FROM = re.compile(r"\bFROM\b", re.IGNORECASE)
_FROM_TARGET = re.compile(rf"FROM\s+(?:LATERAL\s+|ONLY\s+)?(\(|{_TARGET})", re.IGNORECASE)
_ARTICLES = frozenset(
    [
        "the",
        "a",
        "an",
        "this",
        "that",
        "these",
        "those",
        "your",
        "our",
        "my",
        "his",
        "her",
        "its",
        "their",
        "each",
        "every",
        "all",
        "any",
        "both",
        "which",
        "some",
        "one",
        "two",
        "there",
        "here",
        "scratch",
        "among",
        "within",
        "existing",
        "multiple",
        "many",
        "several",
        "various",
        "other",
        "another",
    ]
)
_CLAUSE = re.compile(
    r"\b(?:WHERE|JOIN|GROUP\s+BY|ORDER\s+BY|HAVING|LIMIT\s+\d|UNION|FETCH\s+FIRST|OFFSET\s+\d|FOR\s+UPDATE)\b",
    re.IGNORECASE,
)
_SIMPLE_ITEM = re.compile(rf"(?:{_TARGET}|\*|{_TARGET}\s?\.\s?\*)(?:\s+AS\s+{_NAME}|\s+{_NAME})?$", re.IGNORECASE)
_EXPRESSION = re.compile(r"[()'*=<>|+/:?%\d\-]|\bCASE\b|\.")
_LEADING = re.compile(r"\s+|--[^\n]*|/\*|#[^\n{][^\n]*|\\\w[^\n]*|\w{0,63}[=\-(]?[#>]\s|;")
_PROSE_WORD = re.compile(r"[가-힣]{2,}")


def is_sql(text: str) -> bool:
    """Whether a whole text is SQL: its first statement, comments aside, has a statement's shape."""
    return any(starts_statement(candidate) for candidate in _leading(text))


def _leading(text: str) -> Iterator[str]:
    """The text without leading comments and psql prompts or meta-commands."""
    position = 0
    while position < len(text):
        match = _LEADING.match(text, position)
        if match is None:
            break
        position = match.end()
        if match.group() == "/*":
            end = text.find("*/", position)
            position = len(text) if end < 0 else end + 2
    if position < len(text):
        yield text[position:]


def starts_statement(text: str) -> bool:
    """Whether a text that begins with an SQL verb goes on as a statement does."""
    if not START.match(text):
        return text.startswith("(") and _SELECT.match(text[1:].lstrip()) is not None
    if _SELECT.match(text):
        return _is_select(text)
    head = text[:_MAX_SELECT_LIST]
    return any(shape.match(head) for shape in _shapes(_VERB.match(head)[0].upper()))  # type: ignore[index]


@cache
def _shapes(verb: str) -> tuple[re.Pattern[str], ...]:
    """The shapes that a verb opens, compiled on first use: a text holds few kinds of statement."""
    return tuple(re.compile(pattern, re.IGNORECASE) for verbs, pattern in _SHAPES if verb in verbs.split())


def _is_select(text: str) -> bool:
    head = _without_comments(text[:_MAX_SELECT_LIST])
    lead = _SELECT_LEAD.match(head)
    if lead is None:
        return False
    begin = lead.end()
    end = _top_level_from(head, begin)
    capitals = text.startswith("SELECT")
    if end is None:
        rest = head[begin:].strip()
        return capitals and bool(re.match(r"\w+\s*\(|\d+\s*(?:;|$)|'", rest))
    items = head[begin:end].strip()
    target = _FROM_TARGET.match(head, end)
    if target is None or not items or not all(_is_item(item.strip()) for item in _split_items(items)):
        return False
    if capitals and head.startswith("FROM", end):
        return True
    if target.group(1).lower() in _ARTICLES:
        return False
    rest = head[target.end() : target.end() + 2000]
    return bool(
        _CLAUSE.search(rest)
        or re.search(r"[*.,(\"`=]", items)
        or rest.lstrip().startswith(";")
        or "_" in target.group(1)
    )


def _top_level_from(text: str, begin: int) -> int | None:
    depth = 0
    for match in re.compile(r"[()]|'(?:[^']|'')*'|\bFROM\b", re.IGNORECASE).finditer(text, begin):
        mark = match.group()
        if mark == "(":
            depth += 1
        elif mark == ")":
            depth -= 1
        elif depth == 0 and _FROM.fullmatch(mark):
            return match.start()
    return None


def _split_items(items: str) -> Iterator[str]:
    depth, start = 0, 0
    for match in re.finditer(r"[(),]|'(?:[^']|'')*'", items):
        mark = match.group()
        if mark == "(":
            depth += 1
        elif mark == ")":
            depth -= 1
        elif mark == "," and depth == 0:
            yield items[start : match.start()]
            start = match.end()
    yield items[start:]


def _is_item(item: str) -> bool:
    return bool(_SIMPLE_ITEM.match(item) or (_EXPRESSION.search(item) and not _PROSE_WORD.match(item)))


def is_ddl_only(text: str) -> bool:
    """Whether every statement defines schema: CREATE and ALTER, nothing that reads or changes rows."""
    plain = _without_comments(text)
    if not _DDL.match(plain.lstrip()):
        return False
    return not any(_NOT_DDL.match(part) for part in plain.split(";"))


def _without_comments(text: str) -> str:
    """The text without comments and dollar-quoted bodies. One that never closes is left as it is."""
    pieces: list[str] = []
    position, unclosed = 0, 0
    for match in _OPENING.finditer(text):
        if match.start() < position:
            continue
        opening = match.group()
        closing = "" if opening.startswith("--") else "*/" if opening == "/*" else opening
        end = text.find(closing, match.end())
        if end < 0:
            unclosed += 1
            if unclosed > _MAX_UNCLOSED:
                break
            continue
        pieces.append(text[position : match.start()])
        pieces.append("''" if opening == "'" else " ")
        position = end + len(closing)
    pieces.append(text[position:])
    return "".join(pieces)
