"""The dialect that SQL text itself gives away, for when nobody states it.

A sign is something that one product takes and PostgreSQL does not. Without one, or with signs of several, nothing is
said, and the text is read as PostgreSQL.
"""

import re
from collections.abc import Iterable
from functools import cache

from backend_advisor.model import Artifact, ArtifactKind

_SQL = (ArtifactKind.SQL, ArtifactKind.DDL)
_SCANNED = 50_000
_SILENT = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*(?!\+).*?\*/", re.DOTALL)
_SIGNS = {
    "mysql": (
        r"`\w+`|\bAUTO_INCREMENT\b|\bENGINE\s*=|\bSTRAIGHT_JOIN\b|\bSQL_CALC_FOUND_ROWS\b|\bON\s+DUPLICATE\s+KEY\b|"
        r"\bINSERT\s+IGNORE\b|\b(?:FORCE|USE|IGNORE)\s+INDEX\s*\(|\bLIMIT\s+(?:\d+|\?)\s*,\s*(?:\d+|\?)|"
        r"\bGROUP_CONCAT\s*\(|\bDATE_FORMAT\s*\(|\bMATCH\s*\([^()]*\)\s*AGAINST\b"
    ),
    "oracle": (
        r"\bROWNUM\b|\(\+\)|\bFROM\s+DUAL\b|\bSYSDATE\b|\bVARCHAR2\b|\bNVL2?\s*\(|\bCONNECT\s+BY\b|\bNEXTVAL\s+FROM\b"
    ),
    "tsql": (
        r"\bSELECT\s+(?:DISTINCT\s+)?TOP\s*\(?\s*[\d@]|\bWITH\s*\(\s*(?:NOLOCK|UPDLOCK|HOLDLOCK|ROWLOCK|READPAST)\b|"
        r"(?<![\w\])])\[[A-Za-z_][\w ]*\]|\bGETDATE\s*\(|\bNEWID\s*\(|\bDATEADD\s*\(|\b(?:CROSS|OUTER)\s+APPLY\b|"
        r"\bDECLARE\s+@\w|\bIDENTITY\s*\(\s*\d+\s*,|\bNVARCHAR\b|@@\w+|^\s*GO\s*$"
    ),
    "sqlite": (
        r"\bAUTOINCREMENT\b|\bWITHOUT\s+ROWID\b|\bPRAGMA\s+\w|\bINSERT\s+OR\s+(?:REPLACE|IGNORE|ABORT)\b|\?\d+\b|"
        r"\bsqlite_master\b|\bstrftime\s*\(|\bjulianday\s*\("
    ),
    "postgres": (
        r"::\s*[A-Za-z]|\bILIKE\b|\$\d|\bDISTINCT\s+ON\b|\bCONCURRENTLY\b|\bJSONB\b|\bTIMESTAMPTZ\b|\b(?:BIG)?SERIAL\b|"
        r"\bANY\s*\(\s*ARRAY\b|\bARRAY\s*\[|\bALTER\s+(?:COLUMN\s+)?\"?\w+\"?\s+(?:SET\s+DATA\s+)?TYPE\b|\bNOT\s+VALID\b|"
        r"\bVALIDATE\s+CONSTRAINT\b|\bALTER\s+COLUMN\s+\"?\w+\"?\s+(?:SET|DROP)\s+NOT\s+NULL\b"
    ),
}  # fmt: skip


def dialect_in(text: str) -> str | None:
    """The one dialect whose signs a statement or script shows."""
    head = _SILENT.sub(" ", text[:_SCANNED])
    shown = [name for name, pattern in _patterns() if pattern.search(head)]
    return shown[0] if len(shown) == 1 else None


def dialect_shown(artifacts: Iterable[Artifact]) -> str | None:
    """The dialect that SQL of one case shows, where its pieces agree."""
    shown = {one.dialect or dialect_in(one.text) for one in artifacts if one.kind in _SQL} - {None}
    return shown.pop() if len(shown) == 1 else None


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(signs, re.IGNORECASE | re.MULTILINE)) for name, signs in _SIGNS.items())
