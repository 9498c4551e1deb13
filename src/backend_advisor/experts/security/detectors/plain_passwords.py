"""Passwords that are looked up or compared as they are stored: whoever reads the table has them."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.files import is_test
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.tree import in_whole
from backend_advisor.experts.security.detectors.reading import definitions, functions
from backend_advisor.experts.security.detectors.words import dotted
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext

_PASSWORD = re.compile(
    r"^(?:user_?|raw_?|plain_?|input_?|given_?|login_?)?(?:password|passwd|pwd|pass_?word|userpw)$", re.IGNORECASE
)
_ACCOUNT = re.compile(r"^(?:user_?)?(?:name|id|login|e?mail|account|user)$", re.IGNORECASE)
_LOOKS_UP = re.compile(r"^(?:find|get|filter|where|first|select|exists|count|query|fetch|search)", re.IGNORECASE)
_COMPARES = re.compile(r"validat|verif|authent|check|log_?in|sign_?in", re.IGNORECASE)
"""`get_and_validate_user(username=…, password=…)` looks the account up and compares by itself."""
_BY_NAME = re.compile(r"^(?:find|get|exists|count|query)\w*By\w*(?:And|Or)(?:User)?(?:Password|Pwd|Passwd)(?:$|[A-Z])")
_GIVEN = re.compile(
    r"(?:^|\.)(?:req|request|body|form|data|dto|payload|input|params|query|args|values|cleaned_data|post|self|this|state|props|"
    r"credentials?|config\w*|settings|options|env\w*)(?:$|\.)|form$|dto$|request$|input$",
    re.IGNORECASE,
)
_SETTINGS = re.compile(r"(?i)(?:config|settings|options)$")
_MODEL = re.compile(
    r"user|account|member|admin|customer|record|row|result|found|entity|doc|db|stored|saved|existing", re.IGNORECASE
)
_HASHES = re.compile(
    rb"bcrypt|argon2|scrypt|pbkdf2|check_password|passwordencoder|passwordhash|password_hash|hashed|digest|hashlib|createhash|\bmd5|\bsha"
)
"""For a text in small letters."""
_CONFIGURED = re.compile(rb"\b(?:settings|config(?:uration)?)\.(?:\w+\.)*(?:users|accounts|admins?)\b")
"""Accounts that stand in the program's settings: no table is stolen with them."""
CONNECTS = frozenset({"host", "hostname", "server", "port", "connectionString"})
"""Beside one of these a password is what the program itself shows to another server."""


def compared_plain(context: CodeContext) -> Iterator[Match]:
    """Look-ups by a password, and comparisons of one that was read from a record."""
    for info in functions(context):
        if is_test(info.unit.path):
            continue
        source = info.unit.module.source[info.node.start : info.node.end]
        lower = source.lower()
        if (b"ass" not in source and b"wd" not in lower) or _HASHES.search(lower) or _is_configured(info):
            continue
        defined = definitions(info.node.body)
        for node in in_whole(info.node):
            text = None
            if isinstance(node, ir.Call):
                text = _looked_up(node, defined)
            elif isinstance(node, ir.Binary) and node.op in ("==", "===", "!=", "!=="):
                text = _compared(node.left, node.right)
            if text is not None:
                yield Match(
                    location=context.location(info.unit, text),
                    values={"text": context.text(info.unit, text)[:50], "fault": "plain"},
                    confidence=Confidence.MEDIUM,
                )


def _is_configured(info: FunctionInfo) -> bool:
    """Whether a function, or one around it, takes the accounts from the program's settings."""
    while info.outer is not None:
        info = info.outer
    return _CONFIGURED.search(info.unit.module.source[info.node.start : info.node.end]) is not None


def _looked_up(node: ir.Call, defined: dict[str, list[ir.Expr]]) -> ir.Expr | None:
    """The password by which a record is found."""
    name = dotted(node.func).rpartition(".")[2]
    if name in ("equals", "equalsIgnoreCase", "compareTo") and isinstance(node.func, ir.Attr) and len(node.args) == 1:
        return _compared(node.func.value, node.args[0])
    if _BY_NAME.match(name) and len(node.args) >= 2:
        return next(
            (one for one in node.args if isinstance(one, ir.Name | ir.Call | ir.Attr) and _is_plain(one, defined)), None
        )
    if not _LOOKS_UP.match(name) or _COMPARES.search(name):
        return None
    pairs = list(node.keywords)
    for argument in node.args:
        pairs += _pairs(argument)
    if not any(_ACCOUNT.match(key) for key, _ in pairs) or any(key in CONNECTS for key, _ in pairs):
        return None
    return next((value for key, value in pairs if _PASSWORD.match(key) and _is_plain(value, defined)), None)


def _pairs(argument: ir.Expr, depth: int = 2) -> list[tuple[str, ir.Expr]]:
    found: list[tuple[str, ir.Expr]] = []
    if isinstance(argument, ir.Mapping):
        for key, value in argument.pairs:
            word = key.value if isinstance(key, ir.Const) else getattr(key, "id", "")
            if word == "defaults":
                continue  # what a record gets that is not found
            if isinstance(value, ir.Mapping | ir.Sequence) and depth:
                found += _pairs(value, depth - 1)
            elif isinstance(word, str):
                found.append((word, value))
    elif isinstance(argument, ir.Sequence) and depth:
        for one in argument.items:
            found += _pairs(one, depth - 1)
    return found


def _is_plain(value: ir.Expr, defined: dict[str, list[ir.Expr]]) -> bool:
    if isinstance(value, ir.Attr):
        return _PASSWORD.match(value.name) is not None
    if isinstance(value, ir.Index):
        return (
            isinstance(value.key, ir.Const)
            and isinstance(value.key.value, str)
            and bool(_PASSWORD.match(value.key.value))
        )
    if isinstance(value, ir.Call):
        return _getter(value) is not None
    if isinstance(value, ir.Name):
        made = [one for one in defined.get(value.id, ()) if isinstance(one, ir.Call | ir.Await) and not _reads(one)]
        return _PASSWORD.match(value.id) is not None and not made
    return False


def _reads(call: ir.Expr) -> bool:
    """Whether a call only reads what the client sent."""
    return (
        re.search(r"(?:^|\.)(?:get|getParameter|trim|strip|getString|String|toString|input)$", dotted(call)) is not None
    )


def _getter(value: ir.Expr) -> ir.Expr | None:
    """What `x.getPassword()` is called on."""
    if isinstance(value, ir.Call) and isinstance(value.func, ir.Attr) and not value.args:
        name = value.func.name
        if name.startswith("get") and _PASSWORD.match(name[3:]):
            return value.func.value
    return None


def _compared(left: ir.Expr, right: ir.Expr) -> ir.Expr | None:
    """The stored password of two that are compared, when one is read from a record and the other was given."""
    for stored, given in ((left, right), (right, left)):
        held = _getter(stored) or (
            stored.value if isinstance(stored, ir.Attr) and _PASSWORD.match(stored.name) else None
        )
        if (
            held is None
            or _SETTINGS.search(dotted(held))
            or _GIVEN.search(dotted(held))
            or not _MODEL.search(dotted(held).rpartition(".")[2])
        ):
            continue
        if isinstance(given, ir.Name) and _PASSWORD.match(given.id):
            return stored
        if isinstance(given, ir.Attr) and _PASSWORD.match(given.name) and _GIVEN.search(dotted(given.value)):
            return stored
        if isinstance(given, ir.Call) and (holder := _getter(given)) is not None and _GIVEN.search(dotted(holder)):
            return stored
    return None
