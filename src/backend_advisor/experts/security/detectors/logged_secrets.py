"""Secrets that are written to the log (SEC320): passwords, tokens, cookies, whole headers, the body of a login."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import everything
from backend_advisor.code.values import words
from backend_advisor.experts.security.detectors.reading import calls_with
from backend_advisor.experts.security.detectors.words import Words, dotted, identifiers, snake
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code
from backend_advisor.rules.standing import is_for_browsers, runs_once

_SECRET = Words(
    r"(?:^|_)(?:pass_?word|passwd|pass_?phrase|password_?hash|hashed_?password|authori[sz]ation|auth_?header|"
    r"(?:access|refresh|id|bearer|auth|session|reset|api|jwt|login|verification|secret)_?token|jwt|api_?key|client_?secret|"
    r"private_?key|secret_?key|access_?key|signing_?key|encryption_?key|secret_?access_?key|session_?cookies?|set_?cookie|"
    r"otp(?:_?code)?|one_?time_?(?:code|password)|cvv|cvc|card_?number|credit_?card_?number|ssn|rrn|"
    r"resident_?(?:registration_?)?n(?:o|um(?:ber)?)|jumin_?(?:no|num(?:ber)?|beon_?ho)|비밀번호|주민(?:등록)?번호)$",
    re.IGNORECASE,
)
_PASSWORDS = re.compile(r"(?i)^(?:user_?|raw_?|plain_?|new_?|old_?)?pass(?:_?word|wd|_?phrase)$")
_MAYBE = Words(r"^(?:token|secret|cookies?|pwd|pass|credentials|bearer|raw_?headers)$", re.IGNORECASE)
"""Names that also mean something else: a token of a language, the name of a secret."""
_HEADER = re.compile(r"(?i)^(?:authorization|proxy-authorization|cookie|set-cookie|x-api-key|x-auth-token|api-key)$")
_REQUEST = Words(r"^(?:req|request|ctx|context|http_?request|servlet_?request|this)$", re.IGNORECASE)
_WHOLE = frozenset({"headers", "cookies", "rawHeaders"})
_BODIES = frozenset({"body", "json", "form", "data", "get_json", "getBody"})
_SIGNING = Words(
    r"log_?-?in|sign_?-?in|sign_?-?up|regist|authenticat|password|passwd|credential|/auth|/token", re.IGNORECASE
)
_GIVEN = frozenset({"getHeader", "header", "get", "getFirst", "getenv", "getCookies", "getParameter"})
_SHOWS = frozenset(
    {"stringify", "String", "str", "repr", "toString", "inspect", "format", "dumps", "valueOf", "dict", "strip", "trim",
     "decode", "model_dump", "writeValueAsString"}
)  # fmt: skip
_GETTER = re.compile(r"^get(?=[A-Z])")
_SCRIPTS = re.compile(r"(?:^|/)scripts?/")
"""What somebody runs by hand, who sees what it prints."""
_DEVELOPS = re.compile(r"(?i)^(?:is_?)?dev(?:elopment)?(?:_?mode)?$|^__DEV__$")
_QUIET = frozenset({"debug", "trace", "fine", "finer", "finest"})
"""Levels that are off where the program serves people."""


_SWITCHED = re.compile(r"(?i)(?:^|_)(?:debug|verbose|trace|dump)(?:_|$)|^log_")
"""What somebody switches on to look into something: `LOG_PAYLOADS`."""
_DEEPEST = 6


@detects_in_code("SEC320")
def secret_in_log(context: CodeContext) -> Iterator[Match]:
    """A value that opens an account, given to a logger as it is."""
    for call in calls_with(context, "log.write"):
        if (
            not isinstance(call.node, ir.Call)
            or is_for_browsers(call.unit)
            or runs_once(call.unit)
            or _SCRIPTS.search(call.unit.path)
        ):
            continue
        spot = _Spot(context, call)
        for argument in (*call.node.args, *(value for _, value in call.node.keywords)):
            found = spot.exposed(argument)
            if found is not None and not _only_in_development(call):
                node, confidence = found
                if call.unit.language == "java" and dotted(call.node.func).rpartition(".")[2] in _QUIET:
                    confidence = Confidence.MEDIUM if confidence is Confidence.HIGH else Confidence.LOW
                if _is_switched_on(call) or (_last(node) in _WHOLE and _is_whispered(call.node)):
                    confidence = Confidence.LOW
                yield Match(
                    location=context.location(call.unit, node),
                    values={"what": context.text(call.unit, node), "call": dotted(call.node.func)},
                    confidence=confidence,
                )
                break


def _only_in_development(call: CallSeen) -> bool:
    """Whether a line is written for those who develop only: `if (isDev) { … }`."""
    return any(
        isinstance(node, ir.If)
        and any(one.start <= call.node.start and call.node.end <= one.end for one in node.then)
        and any(_DEVELOPS.search(name) for name in identifiers(node.test))
        for node in everything(call.unit.module.body)
    )


def _is_whispered(node: ir.Call) -> bool:
    """`log.debug(…)`, `log.log(VERBOSE, …)`."""
    level = _last(node.args[0]) if node.args and _last(node) == "log" else ""
    return _last(node) == "debug" or re.search(r"(?i)debug|verbose|trace", level) is not None


def _is_switched_on(call: CallSeen) -> bool:
    """Whether a line of Python is written only where a setting asks for it: `if os.environ.get("LOG_PAYLOADS"):`."""
    if call.unit.language != "python":
        return False
    for node in everything(call.unit.module.body):
        if not isinstance(node, ir.If) or not any(
            one.start <= call.node.start and call.node.end <= one.end for one in node.then
        ):
            continue
        texts = [one.value for one in everything([node.test]) if isinstance(one, ir.Const)]
        named = [*identifiers([node.test]), *(one for one in texts if isinstance(one, str))]
        if any(_SWITCHED.search(snake(name)) for name in named):
            return True
    return False


class _Spot:
    """A call of a logger, and the function that it stands in."""

    def __init__(self, context: CodeContext, call: CallSeen) -> None:
        self._context, self._call = context, call

    def exposed(self, node: ir.Expr | None, depth: int = 0) -> tuple[ir.Expr, Confidence] | None:
        """The part of an argument that shows a secret."""
        if node is None or depth > _DEEPEST:
            return None
        confidence = self._is_secret(node)
        if confidence is not None:
            return node, confidence
        return next((found for part in _shown_parts(node) if (found := self.exposed(part, depth + 1))), None)

    def _is_secret(self, node: ir.Expr) -> Confidence | None:
        if isinstance(node, ir.Call):
            return _given_secret(node)
        name = _last(node)
        if not name:
            return None
        if isinstance(node, ir.Index) and _HEADER.match(name):
            return Confidence.HIGH
        if isinstance(node, ir.Attr) and _is_of_request(node):
            if name in _WHOLE:
                return Confidence.HIGH
            if name in _BODIES and self._is_sign_in():
                return Confidence.MEDIUM
        plain = snake(name)
        if plain.isupper() and (isinstance(node, ir.Name) or _is_of_a_kind(node)):
            return None
        if _SECRET.search(plain) is not None:
            told = isinstance(node, ir.Attr | ir.Index) or self._is_parameter(node)
            if self._call.unit.language == "java" and not told and not _PASSWORDS.search(plain):
                return Confidence.LOW  # a key that was looked up, or what was left of a header
            return Confidence.HIGH if told else Confidence.MEDIUM
        return Confidence.LOW if _MAYBE.match(plain) is not None else None

    def _is_parameter(self, node: ir.Expr) -> bool:
        info = self._call.info
        return isinstance(node, ir.Name) and info is not None and any(p.name == node.id for p in info.node.params)

    def _is_sign_in(self) -> bool:
        """Whether the function serves sign-in, sign-up or a change of password, by its name or route."""
        info: FunctionInfo | None = self._call.info
        while info is not None:
            handler = self._context.seen.handlers.get(id(info))
            path = words(handler.properties["path"]) if handler is not None and "path" in handler.properties else None
            if any(_SIGNING.search(one) is not None for one in (snake(info.node.name or ""), *(path or ()))):
                return True
            info = info.outer
        return False


def _shown_parts(node: ir.Expr) -> Iterator[ir.Expr]:
    """The parts of an expression whose text becomes part of its own."""
    if isinstance(node, ir.Text):
        yield from (part for part in node.parts if not isinstance(part, ir.Const))
    elif isinstance(node, ir.Binary) and node.op in ("+", "%"):
        yield from (node.left, node.right)
    elif isinstance(node, ir.Mapping):
        yield from (value for _, value in node.pairs)
    elif isinstance(node, ir.Sequence):
        yield from node.items
    elif isinstance(node, ir.Await | ir.Cast | ir.Spread):
        yield node.value
    elif isinstance(node, ir.Logic) and node.op in ("??", "or"):
        yield node.operands[0]
    elif isinstance(node, ir.Call) and _last(node) in _SHOWS:
        yield from node.args
        if isinstance(node.func, ir.Attr) and not node.args:
            yield node.func.value


_HOLDS_SETTINGS = re.compile(r"(?i)config|propert|setting|env|secret|credentials?$")


def _is_of_a_kind(node: ir.Expr) -> bool:
    """`CredentialsType.ACCESS_TOKEN`: which kind of secret it is, and not the secret."""
    holder = node.value if isinstance(node, ir.Attr) else None
    return isinstance(holder, ir.Name) and holder.id[:1].isupper() and not _HOLDS_SETTINGS.search(holder.id)


def _given_secret(node: ir.Call) -> Confidence | None:
    """`request.getHeader("Authorization")`, `user.getPassword()`."""
    name = _last(node)
    if name in _GIVEN and node.args and isinstance(node.args[0], ir.Const):
        word = str(node.args[0].value)
        if _HEADER.match(word):
            return Confidence.HIGH
        return Confidence.MEDIUM if _SECRET.search(snake(word)) is not None else None
    if not node.args and not node.keywords and isinstance(node.func, ir.Attr):
        plain = snake(_GETTER.sub("", name))
        if _SECRET.search(plain) is not None and not plain.isupper():
            return Confidence.HIGH
    return None


def _is_of_request(node: ir.Attr) -> bool:
    holder = node.value
    if isinstance(holder, ir.Name):
        return _REQUEST.match(snake(holder.id)) is not None
    return isinstance(holder, ir.Attr) and holder.name in ("request", "req")


def _last(node: ir.Expr) -> str:
    """The last word of a name; the key of an item."""
    if isinstance(node, ir.Name):
        return node.id
    if isinstance(node, ir.Attr):
        return node.name
    if isinstance(node, ir.Index):
        return str(node.key.value) if isinstance(node.key, ir.Const) else ""
    return _last(node.func) if isinstance(node, ir.Call) else ""
