"""Secrets that stand in the code."""

import re
from collections.abc import Iterator
from dataclasses import replace

from backend_advisor.code import ir
from backend_advisor.code.program import Unit
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import everything, within
from backend_advisor.experts.security.detectors.words import dotted
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code
from backend_advisor.rules.secret_texts import (
    BEGINNINGS,
    LEAST_LENGTH,
    PLACEHOLDER,
    is_example,
    is_secret,
    provider,
    shown,
)
from backend_advisor.rules.standing import runs_once

_HEADER = re.compile(r"[Xx]-\w+(?:-\w+)*")
"""The name of a header, which holds the secret."""
_SETS = re.compile(
    r"(?:^|\.)(?:get|getenv|getProperty|getOrDefault|set|put|putIfAbsent|setProperty|setdefault|env|config)$"
)
_DEFAULTED = re.compile(r"\$\{(?P<name>[\w.\-]+):(?P<default>[^${}]+)\}")
"""Spring's `@Value("${sms.api-key:…}")`: what it is where nobody sets the property."""
_TRIED = re.compile(
    r"(?:^|/)(?:test|testing|dev|development|local|ci)(?:_?(?:settings|config))?\.py$|(?:^|/)(?:dev|test|demo)\w*/settings\.py$"
)
"""Settings of those who develop and test."""
_SETTER = re.compile(
    r"(?:set|with)?_?(?P<name>(?i:(?:\w+_?)?(?:pass(?:word|wd|phrase)|pwd|secret|token|(?:api|access|secret|private|signing|encryption)_?key)))$"
)
_ASKS = re.compile(r"(?:^|\.)(?:getenv|getProperty|environ\.get|getOptionalValue)$")
_ELSE = frozenset({"requireNonNullElse", "defaultString", "defaultIfBlank", "defaultIfEmpty", "firstNonNull"})
"""Functions of the JDK, of commons-lang and of Guava that give their second argument in place of nothing."""
_URL_USER_PASSWORD = 3
_KEYED = frozenset({"crypto.sign", "crypto.cipher"})


_WORTH_READING = re.compile(
    rb"(?:pass(?:word|wd|phrase)?|pwd|secret|token|key|credentials?)\d?[\"'\]]*\s*(?::\s*[\w.]+\s*)?[:=,(]\s*"
    rb"(?:[^\n\"'`]{0,80}(?:\|\||\?\?|\bor\b)\s*)?b?[\"'`]|getconnection\("
    rb"|(?:pass(?:word|wd|phrase)?|pwd|secret|token|key|credentials?)[^;]{0,160}?(?:\.orelse(?:get)?\(|nonnullelse\(|defaultifblank\(|"
    rb"defaultifempty\(|defaultstring\(|getenv\([^;]{0,80}\?)"
    rb"|(?:nonnullelse|firstnonnull|defaultifblank|defaultifempty|defaultstring)\([^;]{0,80}(?:pass|pwd|secret|token|key)"
    rb"|\$\{[\w.\-]*(?:pass(?:word|wd|phrase)?|pwd|secret|token|key|credentials?):[^}\s]{8}"
)
"""Text in which a name of a secret may be given a literal; for a text in small letters."""
_SIGNS = tuple({sign.encode() for signs in BEGINNINGS.values() for sign in signs if len(sign) > 2})
_FEW_LETTERS = re.compile(rb"SK[0-9a-f]{32}")
_CREDENTIALS = re.compile(rb"://[^\s/@\"']{1,60}:[^\s/@\"']{1,80}@")
_NAMING = (b"pass", b"pwd", b"secret", b"token", b"key", b"credential", b"getconnection")


def _holds_a_form(source: bytes) -> bool:
    """Whether a secret of a known form may stand in a text; looking for words is quicker than for patterns."""
    return (
        any(sign in source for sign in _SIGNS)
        or _CREDENTIALS.search(source) is not None
        or _FEW_LETTERS.search(source) is not None
    )


def _names_a_secret(source: bytes) -> bool:
    lower = source.lower()
    return any(word in lower for word in _NAMING) and _WORTH_READING.search(lower) is not None


@detects_in_code("SEC301")
def secret_in_code(context: CodeContext) -> Iterator[Match]:
    """Keys, tokens and passwords that everybody with the repository has."""
    keys = _keys(context)
    texts: set[str] = set()
    for unit in sorted(context.program.units.values(), key=lambda one: bool(_TRIED.search(one.path))):
        if is_example(unit.path) or runs_once(unit):
            continue
        told: set[int] = set()
        source = unit.module.source
        formed, named = _holds_a_form(source), _names_a_secret(source)
        read = list(everything(unit.module.body)) if formed or named else []
        for node in read if formed else ():
            if isinstance(node, ir.Const) and isinstance(node.value, str) and len(node.value) >= LEAST_LENGTH:
                kind = provider(node.value)
                if kind is not None and node.start not in told:
                    told.add(node.start)
                    yield _found(context, unit, node, kind)
        for value in keys.get(unit.path, ()):
            if value.start not in told and not PLACEHOLDER.search(_text(value)):
                told.add(value.start)
                yield _found(context, unit, value, "HMAC/cipher key")
        for name, value in _named(read) if named else ():
            if isinstance(value.value, str) and _HEADER.fullmatch(value.value):
                continue
            if isinstance(value.value, str) and _says_its_name(name, value.value):
                continue
            if value.start not in told and isinstance(value.value, str) and is_secret(name, value.value):
                told.add(value.start)
                # One secret is one thing to change, and what developers' settings hold opens nothing else.
                known = unit.language == "python" and (value.value in texts or _TRIED.search(unit.path) is not None)
                texts.add(value.value)
                yield _found(context, unit, value, name, Confidence.LOW if known else Confidence.MEDIUM)


def _found(context: CodeContext, unit: Unit, node: ir.Const, kind: str, confidence: Confidence | None = None) -> Match:
    return Match(
        location=context.location(unit, node),
        values={"kind": kind, "shown": shown(_text(node))},
        confidence=confidence,
    )


def _keys(context: CodeContext) -> dict[str, list[ir.Const]]:
    """For each file: literals that are given as keys to signatures and ciphers."""
    found: dict[str, list[ir.Const]] = {}
    for call in context.seen.calls.values():
        key = call.properties.get("key")
        if not isinstance(call.node, ir.Call) or key is None or not _takes_key(call):
            continue
        for argument in (*call.node.args, *(value for _, value in call.node.keywords)):
            literal = _literal(argument, call)
            if literal is None or len(_text(literal)) < LEAST_LENGTH:
                continue
            first = argument in call.node.args[:1] and any(
                "crypto.key" in kinds and wanted.position == 0 for wanted, kinds in call.role.sinks
            )
            if literal.value in (key.consts or ()) or (key.consts is None and first):
                found.setdefault(call.unit.path, []).append(literal)
    return found


def _literal(argument: ir.Expr, call: CallSeen) -> ir.Const | None:
    """The literal that an argument is, also behind a name, or turned into bytes."""
    if isinstance(argument, ir.Call) and isinstance(argument.func, ir.Attr):
        argument = argument.func.value
    if isinstance(argument, ir.Name):
        argument = _behind(argument, call) or argument
    return argument if isinstance(argument, ir.Const) else None


def _takes_key(call: CallSeen) -> bool:
    """Whether a call signs or enciphers, or makes the key for it; keys of tokens have a rule of their own."""
    if call.role.does:
        return not _KEYED.isdisjoint(call.role.does)
    return any("crypto.key" in kinds for _, kinds in call.role.sinks)


def _behind(name: ir.Name, call: CallSeen) -> ir.Expr | None:
    """What a name at the top of the file, or a field of the class, is set to."""
    owner = call.info.owner if call.info is not None else None
    if owner is not None and name.id in owner.fields:
        return owner.fields[name.id].value
    for one in call.unit.module.body:
        if isinstance(one, ir.Assign) and isinstance(one.target, ir.Name) and one.target.id == name.id:
            return one.value
    return None


def _text(literal: ir.Const) -> str:
    value = literal.value
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _named(read: list[ir.Node]) -> Iterator[tuple[str, ir.Const]]:
    for node in read:
        if isinstance(node, ir.Assign) and isinstance(node.target, ir.Name | ir.Attr | ir.Index):
            name = (
                node.target.key.value
                if isinstance(node.target, ir.Index) and isinstance(node.target.key, ir.Const)
                else dotted(node.target).rpartition(".")[2]
            )
            yield from _constant(str(name), node.value)
        elif isinstance(node, ir.Field):
            yield from _constant(node.name, node.value)
        elif isinstance(node, ir.Mapping):
            for key, value in node.pairs:
                word = key.value if isinstance(key, ir.Const) else getattr(key, "id", "")
                if isinstance(word, str):
                    yield from _constant(word, value)
        elif isinstance(node, ir.Call):
            for keyword, given in node.keywords:
                yield from _constant(keyword, given)
            yield from _set_by_name(node)
            yield from _set_by_method(node)
            yield from _set_as_default(node)
        if isinstance(node, ir.Call | ir.Conditional) and (used := _fallback(node)) is not None:
            asked = next(
                (one for one in within(node) if isinstance(one, ir.Call) and _ASKS.search(dotted(one.func))), None
            )
            said = asked.args[0] if asked is not None and asked.args else None
            if isinstance(said, ir.Const) and isinstance(said.value, str):
                yield said.value.replace("-", "_"), used


def _says_its_name(name: str, value: str) -> bool:
    """`UsernameAndPassword: "username+password"`: a kind, whose value is made of the words of its name."""
    said = re.findall(r"[a-z]+", value.lower())
    return len(said) > 1 and not re.search(r"\d", value) and all(word in name.lower() for word in said)


def _set_by_name(node: ir.Call) -> Iterator[tuple[str, ir.Const]]:
    """`os.environ.get("SECRET_KEY", "…")`, `config.set("password", "…")`."""
    if len(node.args) != 2 or _SETS.search(dotted(node.func)) is None:
        return
    name, value = node.args
    if isinstance(name, ir.Const) and isinstance(name.value, str) and isinstance(value, ir.Const):
        yield name.value, value


def _set_as_default(node: ir.Call) -> Iterator[tuple[str, ir.Const]]:
    """`@Value("${sms.api-key:…}")`."""
    given = node.args[0] if node.args and dotted(node.func).rpartition(".")[2] == "Value" else None
    if not isinstance(given, ir.Const) or not isinstance(given.value, str):
        return
    stated = _DEFAULTED.fullmatch(given.value)
    if stated is not None:
        yield stated["name"].replace("-", "_"), replace(given, value=stated["default"])


def _set_by_method(node: ir.Call) -> Iterator[tuple[str, ir.Const]]:
    """`config.setPassword("…")`, `builder.password("…")`, `DriverManager.getConnection(url, user, "…")`."""
    last = node.args[-1] if node.args else None
    if not isinstance(node.func, ir.Attr):
        return
    last = last if isinstance(last, ir.Const) else _fallback(last)
    if last is None:
        return
    if len(node.args) == 1 and (sets := _SETTER.match(node.func.name)):
        yield sets["name"], last
    elif len(node.args) == _URL_USER_PASSWORD and node.func.name == "getConnection":
        yield "password", last


def _fallback(value: ir.Expr | None) -> ir.Const | None:
    """What is used where the environment has nothing: `Optional.ofNullable(System.getenv(…)).orElse("…")`,
    `Objects.requireNonNullElse(secret, "…")`, `secret != null ? secret : "…"`."""
    if isinstance(value, ir.Conditional):
        used = [one for one in (value.then, value.otherwise) if isinstance(one, ir.Const)]
        asks = any(isinstance(one, ir.Call) and _ASKS.search(dotted(one.func)) for one in within(value))
        return used[0] if len(used) == 1 and asks else None
    if not isinstance(value, ir.Call) or not isinstance(value.func, ir.Attr | ir.Name) or not value.args:
        return None
    called, last = dotted(value.func).rpartition(".")[2], value.args[-1]
    if called == "orElse" and isinstance(last, ir.Const) and isinstance(value.func, ir.Attr):
        inside: ir.Expr = value.func.value
        return (
            last if any(isinstance(one, ir.Call) and _ASKS.search(dotted(one.func)) for one in within(inside)) else None
        )
    if called == "orElseGet" and isinstance(last, ir.Lambda) and len(last.function.body) == 1:
        given = last.function.body[0]
        only = given.value if isinstance(given, ir.Return | ir.Do) else None
        asked = any(isinstance(one, ir.Call) and _ASKS.search(dotted(one.func)) for one in within(value.func))
        return only if asked and isinstance(only, ir.Const) else None
    if called in _ELSE and len(value.args) == 2 and isinstance(last, ir.Const):
        return last
    return None


def _constant(name: str, value: ir.Expr | None) -> Iterator[tuple[str, ir.Const]]:
    if isinstance(value, ir.Const):
        yield name, value
    elif isinstance(value, ir.Logic) and value.op in ("or", "??") and isinstance(value.operands[-1], ir.Const):
        yield name, value.operands[-1]
    elif (used := _fallback(value)) is not None:
        yield name, used
    elif (
        isinstance(value, ir.Call)
        and isinstance(value.func, ir.Name)
        and value.func.id in ("bytes", "str")
        and value.args
    ):
        yield from _constant(name, value.args[0])
