"""What routes tell that they should not: which accounts exist, and stored passwords."""

import re
from collections import defaultdict
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.files import is_test
from backend_advisor.code.program import FunctionInfo, Program, Unit
from backend_advisor.code.tree import everything, in_whole, of_kind
from backend_advisor.experts.security.detectors.answer_models import models_with_password
from backend_advisor.experts.security.detectors.entity_answers import entities_answered
from backend_advisor.experts.security.detectors.facts import Facts, Route
from backend_advisor.experts.security.detectors.routes import survey
from backend_advisor.experts.security.detectors.whole_records import hides_fields, whole_records
from backend_advisor.experts.security.detectors.words import PASSWORD_FIELD, dotted, snake
from backend_advisor.knowledge.detection import Match
from backend_advisor.rules.registry import CodeContext, detects_in_code

_LOGIN = re.compile(r"(?:^|[^a-z])(?:log_?-?in|sign_?-?in|authenticate)(?:$|[^a-z])", re.IGNORECASE)
_LOGS = re.compile(r"(?:^|\.)_?(?:log|logger|logging|console|audit\w*)\.|(?:^|\.)(?:print|log|audit)$", re.IGNORECASE)
_BOTH = re.compile(
    r"(?:user[ _-]?name|e-?mail|\bid\b|user|login|account|아이디|이메일|계정)[^.]{0,12}"
    r"(?:\bor\b|\band\b|/|및|또는|이나|나|와|과|&)[^.]{0,12}"
    r"(?:password|비밀번호)|(?:password|비밀번호)[^.]{0,4}(?:\bor\b|\band\b|/|및|또는|이나|나|와|과|&)",
    re.IGNORECASE,
)
_NO_ACCOUNT = re.compile(
    r"(?:user[ _-]?name|user|e-?mail|account|member|login)[^.]{0,40}"
    r"(?:(?:not|n't|n’t)[ _-]?(?:be )?(?:found|exist|registered|recogni[sz]ed)|unknown)"
    r"|(?:\bno|unknown|no[ _-]such|invalid|wrong|incorrect)[ _-]"
    r"(?:user(?:[ _-]?name)?\b|account|member|e-?mail|login\b)"
    r"|(?:사용자|회원|계정|아이디|이메일)[^.]{0,20}(?:존재하지|찾을 수 없|없습니다|없는|등록되지|가입되지)",
    re.IGNORECASE,
)
_WRONG_PASSWORD = re.compile(
    r"password[^.]{0,40}(?:wrong|incorrect|not correct|invalid|mismatch|(?:not|n't|n’t) match)"
    r"|(?:wrong|incorrect|invalid|bad)[ _-]password"
    r"|(?:비밀번호|패스워드)[^.]{0,20}(?:틀|일치하지|올바르지|맞지|다릅|잘못)",
    re.IGNORECASE,
)
_ANSWERS = frozenset({"http.respond", "serialize.json"})
_DEEPEST = 3
_SENT = frozenset({"body", "payload", "query", "params", "input", "data", "form", "json"})
"""Parts of a request in which a client sends things."""


@detects_in_code("SEC404")
def login_tells_who_exists(context: CodeContext) -> Iterator[Match]:
    """Sign-ins that answer an unknown account and a wrong password with different words."""
    paths = {id(route.info): route.path for route in survey(context)[1]}
    for info in context.program.functions():
        if not _LOGIN.search(f"{paths.get(id(info), '')} {snake(info.node.name)}") or is_test(info.unit.path):
            continue
        unknown = wrong = None
        for message in _messages(info):
            if isinstance(message.value, str) and not _BOTH.search(message.value):
                if _WRONG_PASSWORD.search(message.value):
                    wrong = wrong or message
                elif _NO_ACCOUNT.search(message.value):
                    unknown = unknown or message
        if unknown is not None and wrong is not None:
            yield Match(
                location=context.location(info.unit, unknown),
                values={"route": info.name, "unknown": _short(unknown), "wrong": _short(wrong)},
            )


def _messages(info: FunctionInfo) -> Iterator[ir.Const]:
    """The texts in a function that are not only logged."""
    logged = {
        id(inner)
        for node in in_whole(info.node)
        if isinstance(node, ir.Call) and _LOGS.search(dotted(node.func))
        for inner in everything(node.args)
    }
    for node in sorted(in_whole(info.node), key=lambda one: one.start):
        if isinstance(node, ir.Const) and id(node) not in logged:
            yield node


def _short(message: ir.Const) -> str:
    text = str(message.value)
    return text if len(text) <= 60 else f"{text[:59]}…"


@detects_in_code("SEC405")
def password_in_answer(context: CodeContext) -> Iterator[Match]:
    """Routes that send a stored password, or its hash, to the client."""
    facts, routes = survey(context)
    sent = _Sent(context.program, facts)
    hidden = hides_fields(context.program)
    told: set[tuple[str, int]] = set()
    for unit, node, name, field in (*models_with_password(context.program), *entities_answered(context.program)):
        yield Match(location=context.location(unit, node), values={"route": name, "field": field})
    for route in routes:
        for unit, key in sent.passwords(route):
            if (unit.path, key.start) not in told:
                told.add((unit.path, key.start))
                yield Match(
                    location=context.location(unit, key), values={"route": route.label, "field": str(key.value)}
                )
        for node, field in () if hidden else whole_records(facts, route):
            yield Match(location=context.location(route.info.unit, node), values={"route": route.label, "field": field})


_Read = tuple[list[ir.Const], list[FunctionInfo]]


class _Sent:
    """Follows what handlers answer into the functions that make it."""

    def __init__(self, program: Program, facts: Facts) -> None:
        self._facts = facts
        self._read_before: dict[int, _Read] = {}
        self._named: dict[str, list[FunctionInfo]] = defaultdict(list)
        for info in program.functions():
            if info.outer is None and not is_test(info.unit.path):
                self._named[info.node.name].append(info)

    def passwords(self, route: Route) -> Iterator[tuple[Unit, ir.Const]]:
        """The fields named for a password that are read from a record and answered."""
        info = route.info
        answers = [node.value for node in of_kind(info.node, ir.Return) if node.value is not None]
        answers += [
            arg
            for call in self._facts.calls.get(id(info), ())
            if _ANSWERS & set(call.role.does) and call.info is info and isinstance(call.node, ir.Call)
            for arg in call.node.args
        ]
        keys, called = self._read(answers, info, {param.name for param in info.node.params})
        yield from ((info.unit, key) for key in keys)
        entered: set[int] = set()
        for _ in range(_DEEPEST):
            new = [one for one in called if id(one) not in entered]
            called = []
            for one in new:
                if id(one) not in entered:
                    entered.add(id(one))
                    keys, further = self._given_back(one)
                    yield from ((one.unit, key) for key in keys)
                    called += further

    def _given_back(self, info: FunctionInfo) -> _Read:
        """The same of what a function returns, read once for all routes that call it."""
        known = self._read_before.get(id(info))
        if known is None:
            returned = [one.value for one in of_kind(info.node, ir.Return) if one.value]
            known = self._read_before[id(info)] = self._read(returned, info, set())
        return known

    def _read(self, answers: list[ir.Expr], info: FunctionInfo, given: set[str]) -> _Read:
        """The passwords in some answers and in what their variables were assigned, and the functions called there."""
        answered = list(everything(answers))
        names = {node.id for node in answered if isinstance(node, ir.Name)}
        made = [
            node.value
            for node in of_kind(info.node, ir.Assign)
            if isinstance(node.target, ir.Name) and node.target.id in names and node.value
        ]
        keys: list[ir.Const] = []
        called: list[FunctionInfo] = []
        for node in (*everything(made), *answered):
            if isinstance(node, ir.Mapping):
                pairs = ((key, value) for key, value in node.pairs if isinstance(key, ir.Const))
                keys += [key for key, value in pairs if _is_password(key, value, given)]
            elif isinstance(node, ir.Call):
                found = self._named.get(dotted(node.func).rpartition(".")[2], ())
                called += found if len(found) == 1 else ()
        return keys, called


def _is_password(key: ir.Const, value: ir.Expr, given: set[str]) -> bool:
    """Whether a pair of an answer is the password of a record, and not one that the client has just sent."""
    if not (isinstance(key.value, str) and PASSWORD_FIELD.match(key.value)):
        return False
    if not (isinstance(value, ir.Attr) and PASSWORD_FIELD.match(value.name)):
        return False
    holder = value.value
    if isinstance(holder, ir.Attr) and holder.name in _SENT:
        holder = holder.value  # `request.body.password`
    return not (isinstance(holder, ir.Name) and holder.id in given)
