"""Whether a role that Java asks for singles anybody out: customers may not see what is another customer's."""

import re

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.tree import name_of, within

_ASKS = frozenset({"PreAuthorize", "PostAuthorize", "Secured", "RolesAllowed"})
_RIGHTS = re.compile(r"[#@]|principal|authentication\b|hasPermission|returnObject|filterObject")
_SIGNED_IN = re.compile(r"\bis(?:Fully)?Authenticated\(\)|\bpermitAll|\bisRememberMe\(\)")
_WORDS = re.compile(r"'(\w+)'|\"(\w+)\"")
_ORDINARY = re.compile(
    r"(?i)(?:ROLE_|SCOPE_)?(?:user|customer|member|client|buyer|shopper|patient|student|guest|subscriber|passenger|rider|"
    r"applicant|borrower|consumer|player|seller|merchant|vendor|driver|carrier|citizen|traveller|traveler|policy_?holder|"
    r"account_?holder|resident)s?$"
)
"""Roles that all have who use a program from outside."""


def asks_for_role(info: FunctionInfo) -> bool:
    """Whether a function may only be called by people whom a role, or a right to the record, singles out."""
    if "auth.role" not in info.marks:
        return False
    notes = [*info.node.decorators, *(info.owner.node.decorators if info.owner is not None else ())]
    asked = [_said(note) for note in notes if _named(note) in _ASKS]
    return not asked or any(_singles_out(text) for text in asked)


def _named(note: ir.Expr) -> str:
    return name_of(note.func if isinstance(note, ir.Call) else note)


def _said(note: ir.Expr) -> str:
    given = [*note.args, *(value for _, value in note.keywords)] if isinstance(note, ir.Call) else []
    texts = [one.value for one in within(*given) if isinstance(one, ir.Const) and isinstance(one.value, str)]
    whole = " ".join(texts)
    return whole if "(" in whole else " ".join(f"'{text}'" for text in texts)


def _singles_out(text: str) -> bool:
    """Whether what is asked is more than to be signed in, or to be one of those who all use the program."""
    if _RIGHTS.search(text):
        return True
    roles = [one or other for one, other in _WORDS.findall(text)]
    if not roles:
        return _SIGNED_IN.search(text) is None
    return not any(_ORDINARY.match(role) for role in roles)
