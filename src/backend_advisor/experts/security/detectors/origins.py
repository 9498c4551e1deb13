"""What a handler's records are fetched by, and whether anything relates them to who asks.

The interpreter forgets a value once it can do no harm, as a number cannot; for rights, a number matters as much as a
text. So this reads a handler and the functions it calls once more, only for where values come from.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import IntFlag

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Program, Unit
from backend_advisor.code.roles import Argument
from backend_advisor.code.seen import CallSeen
from backend_advisor.experts.security.detectors.routes import Facts, Route
from backend_advisor.experts.security.detectors.words import (
    IDENTIFIER,
    IDENTIFIES,
    IDENTITY,
    IDENTITY_FIELD,
    NAMED_BY,
    OWNER_FIELD,
    REQUEST,
    RIGHTS,
    ROLE_FIELD,
    dotted,
    identifiers,
    nodes,
    parts,
    snake,
)

_COMPARING = frozenset({"==", "!=", "===", "!==", "is", "is not", "in", "not in"})
_NO_QUESTION = re.compile(
    r"json|send|render|log|info|debug|warn|error|print|emit|publish|push|format|set|append|capture|dump|serial|stringify|^str$|^int$|"
    r"dict|list|parse|model_|schema|to_|^to[A-Z]|assign|concat|join|map|encode|mail|notify|track|next|resolve|create|add|save",
)
"""Functions named so may be given a user and a record without asking for a right."""
_SAME = frozenset(
    {
        "equals",
        "includes",
        "contains",
        "has",
        "equal",
        "compare",
        "isEqual",
        "is",
        "compareTo",
        "some",
        "every",
        "toEqual",
    }
)
_QUERIES = frozenset({"db.query", "db.read", "db.read_all", "db.write", "db.write_many", "orm.filter", "orm.save"})
_ANSWERS = frozenset(
    {
        "http.respond",
        "log.write",
        "template.render",
        "metric.write",
        "trace.write",
        "http.error",
        "mail.send",
        "queue.publish",
        "serialize.json",
        "http.request",
        "jwt.sign",
    }
)
_MAKES = re.compile(r"create|insert|save|(?:^|\.)add|build|bulk|push|send|log|audit|publish|emit", re.IGNORECASE)
_SQL = re.compile(r"\b(?:from|update|into|join)\s+[\"`\[]?(?:\w+\.)?[\"`\[]?(\w+)", re.IGNORECASE)
_SQL_BY_ID = re.compile(
    r"\bwhere\b.*?\b(\w*id|uuid|\w+_no|username|email)\b[\"`\]]?\s*(?:=|in)\s*\(?\s*(?:\$\d|\?|%s|:\w+|%\(\w+\)s|@\w+|\$\{|#\{|'?$)",
    re.IGNORECASE | re.DOTALL,
)
_INPUT_FIELDS = re.compile(
    r"^(?:params|query|body|args|form|values|json|get_json|data|files|query_params|path_params|GET|POST|cookies|view_args|"
    r"headers|kwargs|payload|input|matchdict|match_info|rel_url|validated_data|getParameter|getHeader|getPathVariable)$"
)
_PLAIN_FIELDS = frozenset(
    {"app", "method", "ip", "db", "log", "logger", "path", "url", "protocol", "t", "flash", "META", "remote_addr"}
)
_SERVICE = re.compile(
    r"session$|dep$|db$|service|repo|logger|response|settings|config|client|manager|background|model$|binding_?result|bindingresult",
    re.IGNORECASE,
)
_TELLING = re.compile(
    r"^(?:filter|find\w*|some|every|any\w*|all\w*|none\w*|then|where\w*|map|flatMap|ifPresent\w*|orElse\w*|removeIf|transaction|"
    r"with\w*|run\w*|async\w*|wrap|test|match)$",
    re.IGNORECASE,
)
"""Functions that do with their callback's answer what their name says."""
_WHOLE = re.compile(r"(?:vo|dto|entity|model|map|params?|form|request|criteria|condition|search\w*)$", re.IGNORECASE)
"""A name of an object with many fields, which identifies nothing by itself."""
_BY_KEY = re.compile(r"id|pk|get|key|unique|one|load", re.IGNORECASE)
_DEEPEST = 5
_MOST = 40


class Origin(IntFlag):
    """Where a value comes from."""

    NOTHING = 0
    CLIENT = 1
    IDENTITY = 2
    RECORD = 4


_NONE = Origin.NOTHING


Branch = tuple[tuple[int, int], ...]
"""The ways taken at the conditions around a place: each condition, and whether it holds there."""


@dataclass(slots=True)
class Fetch:
    """A record that is fetched or changed by what the client gave."""

    unit: Unit
    node: ir.Node
    model: str
    key: str
    changes: bool
    certain: bool
    branch: "Branch" = ()


@dataclass(slots=True)
class Findings:
    """What a handler does with records, and whether it asks for a right to them."""

    fetches: list[Fetch] = field(default_factory=list)
    checks: list[Branch] = field(default_factory=list)
    knows_user: bool = False
    owned: set[str] = field(default_factory=set)
    """Models that are read or written together with the identity."""

    def unchecked(self) -> list[Fetch]:
        """The records that are fetched where no right to them is asked for."""
        return [fetch for fetch in self.fetches if all(_apart(fetch.branch, check) for check in self.checks)]


def _apart(one: Branch, other: Branch) -> bool:
    """Whether two places can never both be reached."""
    ways = dict(one)
    return any(ways.get(condition, way) != way for condition, way in other)


class Reader:
    """Reads one handler with everything that it calls in the program."""

    def __init__(self, program: Program, facts: Facts) -> None:
        self.program = program
        self.facts = facts
        self.set_fields = _set_fields(program)
        self._summaries: dict[object, tuple[Findings, Origin]] = {}

    def inside(
        self, info: FunctionInfo, env: dict[str, Origin], texts: dict[str, str], depth: int, trusted: frozenset[str]
    ) -> tuple[Findings, Origin]:
        """What a called function does and gives, for arguments of these origins."""
        key = (id(info), tuple(env.items()), tuple(texts.items()), trusted)
        known = self._summaries.get(key)
        if known is None:
            known = self._summaries[key] = (Findings(), Origin.NOTHING)  # for a call of itself
            walk = _Walk(self, Findings(), info, dict(env), depth, trusted, dict(texts)).run()
            known = self._summaries[key] = (walk.found, walk.result)
        return known

    def read(self, route: Route) -> Findings:
        """What a route does with records."""
        found = Findings()
        env = {param.name: _parameter(param, self.program) for param in route.info.node.params}
        if route.info.owner is not None and route.info.node.params and route.unit.language == "python":
            env[route.info.node.params[0].name] = Origin.NOTHING
        trusted = frozenset(name for name, setters in self.set_fields.items() if setters & route.guards)
        _Walk(self, found, route.info, env, 0, trusted).run()
        return found


def _set_fields(program: Program) -> dict[str, set[str]]:
    """Fields of the request that the program itself sets from who calls, and the functions that do."""
    found: dict[str, set[str]] = {}
    for unit in program.units.values():
        for name, body in _named_functions(unit):
            for node in nodes(body):
                if isinstance(node, ir.Assign) and isinstance(node.target, ir.Attr) and _is_input_field(node.target):
                    words = identifiers(node.value or ())
                    if any(IDENTIFIES.search(snake(word)) or IDENTITY.match(word) for word in words):
                        found.setdefault(node.target.name, set()).add(name)
    return found


def _named_functions(unit: Unit) -> Iterable[tuple[str, object]]:
    """The functions of a file with the names that others use for them, also those that are values of variables."""
    for statement in unit.module.body:
        if isinstance(statement, ir.Assign) and isinstance(statement.target, ir.Name | ir.Attr):
            yield dotted(statement.target).rpartition(".")[2], statement.value
    for info in unit.functions:
        if info.node.name:
            yield info.node.name, info.node.body


def _is_input_field(target: ir.Attr) -> bool:
    base = dotted(target.value).split(".")
    return len(base) > 1 and bool(REQUEST.match(base[0])) and bool(_INPUT_FIELDS.match(base[-1]))


def _parameter(param: ir.Param, program: Program) -> Origin:
    notes = identifiers(param.decorators, param.default or (), param.type.metadata if param.type is not None else ())
    kind = param.type.name.rsplit(".", 1)[-1] if param.type is not None else ""
    if any(IDENTITY.match(one) or IDENTIFIES.search(one) or one in ("login_required",) for one in notes):
        return Origin.IDENTITY
    if not _SERVICE.search(kind) and (IDENTITY.match(kind) or (IDENTITY.match(param.name) and param.name != "session")):
        return Origin.IDENTITY
    if param.default is not None and isinstance(param.default, ir.Call):
        role = program.roles.parameters.get(dotted(param.default.func)) or next(
            (
                r
                for name, r in program.roles.parameters.items()
                if name.rpartition(".")[2] == dotted(param.default.func).rpartition(".")[2]
            ),
            None,
        )
        if role is not None and role.source is None:
            return (
                Origin.IDENTITY
                if re.search(r"user|auth|token|principal", " ".join(notes), re.IGNORECASE)
                else Origin.NOTHING
            )
    if (
        param.type is not None
        and param.type.metadata
        and re.search(r"user|auth|token|principal", " ".join(notes), re.IGNORECASE)
    ):
        return Origin.IDENTITY
    if _SERVICE.search(kind) or param.name in ("res", "response", "next", "db", "reply", "done", "model", "resp"):
        return Origin.NOTHING
    if (
        re.search(r"(?:^|_)(?:user|auth|principal)", " ".join(snake(n) for n in notes), re.IGNORECASE)
        and param.decorators
    ):
        return Origin.IDENTITY
    return Origin.CLIENT


class _Walk:
    """One function being read; the functions inside it share its names."""

    def __init__(
        self,
        reader: Reader,
        found: Findings,
        info: FunctionInfo,
        env: dict[str, Origin],
        depth: int,
        trusted: frozenset[str],
        texts: dict[str, str] | None = None,
    ) -> None:
        self._reader = reader
        self.found = self._found = found
        self._info = info
        self._unit = info.unit
        self._env = env
        self._depth = depth
        self._trusted = trusted
        self._aside = False
        self._branch: Branch = ()
        self._calls: dict[int, Origin] = {}
        self._maps: dict[str, ir.Expr] = {}
        self._lambdas: dict[str, FunctionInfo] = {}
        self._texts = texts or {}
        self._told: set[int] = set()
        self.result = Origin.NOTHING

    def run(self) -> "_Walk":
        """Read the body in order."""
        body = self._info.node.body
        for param in self._info.node.params:
            if param.pattern is not None:
                self._bind(param.pattern, self._env.get(param.name, Origin.NOTHING))
        self._block(body)
        return self

    def _block(self, node: object) -> None:
        if isinstance(node, list | tuple):
            for one in node:
                self._block(one)
        elif isinstance(node, ir.Assign):
            value = self._of(node.value)
            if isinstance(node.value, ir.Const | ir.Text) and isinstance(node.target, ir.Name):
                self._texts[node.target.id] = _literal(node.value)
            elif isinstance(node.value, ir.Mapping) and isinstance(node.target, ir.Name):
                self._maps[node.target.id] = node.value
            elif isinstance(node.value, ir.Lambda) and isinstance(node.target, ir.Name):
                made = self._reader.program.infos.get(id(node.value.function))
                if isinstance(made, FunctionInfo):
                    self._lambdas[node.target.id] = made
            if node.type is not None and IDENTITY.match(node.type.name):
                value |= Origin.IDENTITY
            self._bind(node.target, value)
        elif isinstance(node, ir.If):
            self._of(node.test)
            around, before = self._branch, self._env
            ends: list[dict[str, Origin]] = []
            for way, body in enumerate((node.then, node.otherwise)):
                self._branch = (*around, (id(node), way))
                self._env = dict(before)
                self._block(body)
                ends.append(self._env)
            self._branch = around
            self._env = {name: ends[0].get(name, _NONE) | ends[1].get(name, _NONE) for name in {**ends[0], **ends[1]}}
        elif isinstance(node, ir.For):
            self._bind(node.target, self._of(node.iterable))
            self._block(node.body)
            self._block(node.otherwise)
        elif isinstance(node, ir.With):
            for expression, target in node.items:
                value = self._of(expression)
                if target is not None:
                    self._bind(target, value)
            self._block(node.body)
        elif isinstance(node, ir.Return):
            # What a callback gives to a function that we know nothing of decides nothing here.
            checked = len(self._found.checks)
            self.result |= self._of(node.value)
            if self._aside:
                del self._found.checks[checked:]
        elif isinstance(node, ir.Define):
            if isinstance(node.definition, ir.Function):
                self._block(node.definition.body)
        elif isinstance(node, ir.Expr):
            self._of(node)
        elif isinstance(node, ir.Node):
            for name in parts(node):
                self._block(getattr(node, name))

    def _bind(self, target: ir.Expr, value: Origin) -> None:
        if isinstance(target, ir.Name):
            self._env[target.id] = self._env.get(target.id, Origin.NOTHING) | value
        elif isinstance(target, ir.Mapping):
            for key, part in target.pairs:
                name = key.value if isinstance(key, ir.Const) else getattr(key, "id", "")
                whole = value
                if (
                    value & Origin.CLIENT
                    and isinstance(name, str)
                    and IDENTITY_FIELD.match(name)
                    and name in ("user", "session", "auth")
                ):
                    whole = Origin.IDENTITY
                self._bind(part, whole)
        elif isinstance(target, ir.AssignExpr | ir.Spread):
            self._bind(target.target if isinstance(target, ir.AssignExpr) else target.value, value)
        elif isinstance(target, ir.Sequence):
            for one in target.items:
                self._bind(one, value)
        elif isinstance(target, ir.Attr | ir.Index) and isinstance(target.value, ir.Name):
            held = self._env.get(target.value.id, Origin.NOTHING)
            if not REQUEST.match(target.value.id):
                self._env[target.value.id] = held | value

    def _of(self, node: object) -> Origin:
        """Where an expression's value comes from; checks and fetches inside are noted."""
        if isinstance(node, ir.Name):
            known = self._env.get(node.id)
            if known is not None:
                return known
            return Origin.IDENTITY if IDENTITY.match(node.id) and node.id != "session" else Origin.NOTHING
        if isinstance(node, ir.Const) or node is None:
            return Origin.NOTHING
        if isinstance(node, ir.Attr):
            return self._attribute(node)
        if isinstance(node, ir.Index):
            return self._index(node)
        if isinstance(node, ir.Call):
            known = self._calls.get(id(node))
            if known is None:
                known = self._calls[id(node)] = self._call(node)
            return known
        if isinstance(node, ir.Binary):
            return self._binary(node)
        if isinstance(node, ir.Lambda):
            self._block(node.function.body)
            return Origin.NOTHING
        if isinstance(node, ir.AssignExpr):
            value = self._of(node.value)
            self._bind(node.target, value)
            return value
        if isinstance(node, ir.Comprehension):
            for target, iterable, conditions in node.clauses:
                self._bind(target, self._of(iterable))
                for condition in conditions:
                    self._of(condition)
            return self._of(node.element)
        found = Origin.NOTHING
        if isinstance(node, list | tuple):
            for one in node:
                found |= self._of(one)
        elif isinstance(node, ir.Node):
            for name in parts(node):
                part = getattr(node, name)
                if isinstance(part, ir.Node | list | tuple):
                    found |= self._of(part)
        return found

    def _attribute(self, node: ir.Attr) -> Origin:
        seen = self._known(node)
        holder = node.value
        base = holder.id if isinstance(holder, ir.Name) else dotted(holder).rpartition(".")[2]
        if IDENTITY_FIELD.match(node.name) and REQUEST.match(base) and self._is_request(holder):
            self._found.knows_user = True
            return Origin.IDENTITY
        if node.name in self._trusted and _INPUT_FIELDS.match(base):
            return Origin.IDENTITY
        value = self._of(holder)
        if isinstance(holder, ir.Name) and REQUEST.match(holder.id):
            if _INPUT_FIELDS.match(node.name):
                return Origin.CLIENT | seen
            if node.name in _PLAIN_FIELDS:
                return Origin.NOTHING
        if value & Origin.IDENTITY:
            self._found.knows_user = True
            if ROLE_FIELD.search(node.name):
                self._check()
        return value | seen

    def _is_request(self, holder: ir.Expr) -> bool:
        """Whether it is the request, or what travels with it, rather than a record that has a user."""
        if isinstance(holder, ir.Name):
            if holder.id in ("self", "this"):
                return self._info.owner is not None
            known = self._env.get(holder.id)
            return known is None or not known & Origin.RECORD
        return True

    def _index(self, node: ir.Index) -> Origin:
        self._of(node.key)
        key = node.key.value if isinstance(node.key, ir.Const) else None
        base = dotted(node.value).rpartition(".")[2]
        if isinstance(key, str) and REQUEST.match(base) and IDENTITY_FIELD.match(key):
            self._found.knows_user = True
            return Origin.IDENTITY
        value = self._of(node.value)
        if value & Origin.IDENTITY:
            self._found.knows_user = True
            if isinstance(key, str) and ROLE_FIELD.search(key):
                self._check()
        return value

    def _known(self, node: ir.Node) -> Origin:
        return (
            Origin.IDENTITY
            if any(call.role.source == "identity.user" for call in self._seen_at(node))
            else Origin.NOTHING
        )

    def _seen_at(self, node: ir.Node) -> list[CallSeen]:
        return self._reader.facts.at.get((self._unit.path, node.start, node.end), [])

    def _binary(self, node: ir.Binary) -> Origin:
        left, right = self._of(node.left), self._of(node.right)
        if node.op in _COMPARING:
            self._compared(node.left, left, node.right, right)
            return Origin.NOTHING if not (left | right) & Origin.IDENTITY else Origin.IDENTITY
        return left | right

    def _compared(self, one: ir.Expr, first: Origin, other: ir.Expr, second: Origin) -> None:
        for mine, its, theirs in ((first, other, second), (second, one, first)):
            if (
                mine & Origin.IDENTITY
                and not _is_plain(its)
                and not (theirs & Origin.IDENTITY and not theirs & (Origin.CLIENT | Origin.RECORD))
            ):
                self._check()

    def _check(self) -> None:
        if len(self._found.checks) < _MOST:
            self._found.checks.append(self._branch)

    def _call(self, node: ir.Call) -> Origin:
        name = dotted(node.func)
        last = name.rpartition(".")[2]
        receiver = self._of(node.func.value) if isinstance(node.func, ir.Attr) else Origin.NOTHING
        telling = _TELLING.search(last) is not None
        given = [self._argument(argument, receiver, telling) for argument in node.args]
        given += [self._of(value) for _, value in node.keywords]
        everything = receiver
        for one in given:
            everything |= one
        calls = self._seen_at(node)
        acts = {act for call in calls for act in call.role.does}
        if RIGHTS.search(snake(last)) and not acts & _ANSWERS and last not in ("authenticate", "authorize_redirect"):
            self._check()
        if last in _SAME and isinstance(node.func, ir.Attr) and node.args:
            self._compared(node.func.value, receiver, node.args[0], given[0])
        if everything & Origin.IDENTITY:
            self._found.knows_user = True
        fetched = self._fetch(node, calls, acts, name, receiver, given)
        if fetched is not None:
            return fetched
        owner = name.rpartition(".")[0].rpartition(".")[2]
        inside = self._inside(node, receiver, given)
        if (
            IDENTIFIES.search(snake(last))
            or (owner and IDENTIFIES.search(snake(owner)))
            or any(call.role.source == "identity.user" or "jwt.verify" in call.role.does for call in calls)
        ):
            self._found.knows_user = True
            return Origin.IDENTITY
        if inside is not None:
            return inside
        if (
            everything & Origin.IDENTITY
            and everything & (Origin.CLIENT | Origin.RECORD)
            and not acts & _ANSWERS
            and not calls
        ):
            if not _NO_QUESTION.search(last) and not last[:1].isupper():
                self._check()
        if isinstance(node.func, ir.Attr) and self._is_input(node.func):
            return Origin.CLIENT
        return everything

    def _is_input(self, func: ir.Attr) -> bool:
        return (
            isinstance(func.value, ir.Name)
            and bool(REQUEST.match(func.value.id))
            and bool(_INPUT_FIELDS.match(func.name))
        )

    def _argument(self, argument: ir.Expr, receiver: Origin, telling: bool) -> Origin:
        if isinstance(argument, ir.Lambda):
            for number, param in enumerate(argument.function.params):
                if number == 0 or receiver & Origin.RECORD:
                    self._env[param.name] = self._env.get(param.name, Origin.NOTHING) | receiver
                else:
                    self._env.setdefault(param.name, Origin.NOTHING)
                if param.pattern is not None:
                    self._bind(param.pattern, receiver)
            aside, self._aside = self._aside, not telling
            self._block(argument.function.body)
            self._aside = aside
            return Origin.NOTHING
        return self._of(argument)

    def _fetch(
        self, node: ir.Call, calls: list[CallSeen], acts: set[str], name: str, receiver: Origin, given: list[Origin]
    ) -> Origin | None:
        """A call that asks the database; None for other calls."""
        if not acts & _QUERIES:
            return None
        everything = receiver
        for one in given:
            everything |= one
        makes = _MAKES.search(name.rpartition(".")[2]) is not None and "orm.filter" not in acts
        text = self._text(node)
        makes = makes or text.lstrip()[:6].lower() == "insert"
        model = _model(node, text)
        if model in ("this", "self", "super", "") and self._info.owner is not None:
            model = re.sub(
                r"(?:Service)?(?:Impl)?(?:DAO|Dao|Repository|Mapper|Service)?$", "", self._info.owner.node.name
            )
        if everything & Origin.IDENTITY:
            if not makes and (everything & Origin.CLIENT or receiver & Origin.CLIENT):
                self._check()
            if model and not makes:
                self._found.owned.add(model.lower())
        if not makes:
            key = self._key(node, calls)
            if key and len(self._found.fetches) < _MOST and id(node) not in self._told:
                self._told.add(id(node))
                changes = bool(acts & {"db.write", "db.write_many"})
                certain = all(call.certain for call in calls)
                self._found.fetches.append(Fetch(self._unit, node, model, key, changes, certain, self._branch))
        kept = everything & (Origin.IDENTITY | Origin.CLIENT)
        return kept | Origin.RECORD

    def _text(self, node: ir.Call) -> str:
        for argument in node.args[:2]:
            if isinstance(argument, ir.Const | ir.Text | ir.Binary):
                found = _literal(argument)
            elif isinstance(argument, ir.Name):
                found = self._texts.get(argument.id, "")
            elif isinstance(argument, ir.Call) and argument.args:
                found = _literal(argument.args[0])
            else:
                found = ""
            if _SQL.search(found):
                return found
        return ""

    def _is_given(self, expression: ir.Expr) -> bool:
        """Whether a value is the client's, and not read off a record first."""
        origin = self._of(expression)
        return bool(origin & Origin.CLIENT) and not origin & Origin.RECORD

    def _key(self, node: ir.Call, calls: list[CallSeen]) -> str:
        """The name of the client's value by which a record is found; empty when there is none."""
        for call in calls:
            for wanted, kinds in call.role.sinks:
                expression = _expression(node, wanted) if "record.id" in kinds else None
                if expression is None or _is_mapping(expression) or _WHOLE.search(dotted(expression)):
                    continue
                plain = isinstance(expression, ir.Name) and not _BY_KEY.search(call.role.name.rpartition(".")[2])
                if plain and not self._is_key(dotted(expression)):
                    continue
                if self._is_given(expression):
                    found = self._unit.module.source[expression.start : expression.end]
                    return found.decode("utf-8", "replace")[:60]
        text = self._text(node)
        if text:
            named = _SQL_BY_ID.search(text)
            return named[1] if named is not None and any(self._is_given(one) for one in node.args) else ""
        return self._named_key(node)

    def _named_key(self, node: ir.Call) -> str:
        for name, value in node.keywords:
            if self._is_key(name) and self._is_given(value):
                return name
        for part in nodes(node.args, [value for _, value in node.keywords], self._meant(node)):
            if isinstance(part, ir.Mapping):
                for key, value in part.pairs:
                    word = key.value if isinstance(key, ir.Const) else getattr(key, "id", None)
                    if isinstance(word, str) and self._is_key(word) and self._is_given(value):
                        return word
            elif isinstance(part, ir.Binary) and part.op in ("==", "==="):
                for one, other in ((part.left, part.right), (part.right, part.left)):
                    is_field = isinstance(one, ir.Attr) and self._is_key(one.name)
                    if is_field and self._is_given(other) and not self._of(one) & Origin.CLIENT:
                        return one.name  # type: ignore[attr-defined]
        return ""

    def _meant(self, node: ir.Call) -> list[object]:
        """What stands behind arguments that are variables or calls of functions inside this one."""
        found: list[object] = []
        for argument in node.args[:2]:
            if isinstance(argument, ir.Name) and argument.id in self._maps:
                found.append(self._maps[argument.id])
            elif isinstance(argument, ir.Call):
                found += [info.node.body for info in self._targets(argument) if info.outer is self._info]
        return found

    def _is_key(self, word: str) -> bool:
        plain = word.rpartition("__")[0] if word.endswith(("__exact", "__iexact", "__in")) else word
        return bool(IDENTIFIER.match(plain) or NAMED_BY.match(plain) or OWNER_FIELD.match(plain))

    def _inside(self, node: ir.Call, receiver: Origin, given: list[Origin]) -> Origin | None:
        """What a call of one of the program's functions does and gives; None when it is not known."""
        if self._depth >= _DEEPEST:
            return None
        targets = [info for info in self._targets(node) if info is not self._info]
        if not targets:
            return None
        result = Origin.NOTHING
        for info in targets[:4]:
            env = self._bound(info, node, receiver, given)
            if info.outer is self._info:
                env = {**self._env, **env}
            found, given_back = self._reader.inside(
                info, env, self._passed_texts(info, node), self._depth + 1, self._trusted
            )
            result |= given_back
            self._found.checks += [self._branch + check for check in found.checks[:4]]
            self._found.knows_user = self._found.knows_user or found.knows_user
            self._found.owned |= found.owned
            known = {id(fetch.node) for fetch in self._found.fetches}
            for fetch in found.fetches:
                if id(fetch.node) not in known:
                    self._found.fetches.append(replace(fetch, branch=self._branch + fetch.branch))
        return result

    def _targets(self, node: ir.Call) -> list[FunctionInfo]:
        known = self._reader.facts.into.get((self._unit.path, node.start, node.end))
        if known:
            return known
        func = node.func
        program = self._reader.program
        if isinstance(func, ir.Attr) and isinstance(func.value, ir.Name) and func.value.id in ("self", "this", "cls"):
            return program.method(self._info.owner, func.name) if self._info.owner is not None else []
        if isinstance(func, ir.Name):
            if func.id in self._lambdas:
                return [self._lambdas[func.id]]
            own = [f for f in self._unit.functions if f.node.name == func.id and f.owner is None]
            if own:
                return own[:1]
            statement = self._unit.imports.get(func.id)
            located = program.locate(statement, self._unit) if statement is not None else None
            if located is not None:
                return [
                    f
                    for f in located.functions
                    if f.node.name == (statement.name if statement is not None else "") and f.owner is None
                ][:1]
            if self._info.owner is not None and self._unit.language == "java":
                return program.method(self._info.owner, func.id)
        return []

    def _bound(self, info: FunctionInfo, node: ir.Call, receiver: Origin, given: list[Origin]) -> dict[str, Origin]:
        params = list(info.node.params)
        env: dict[str, Origin] = {}
        if info.unit.language == "python" and info.owner is not None and not info.is_static and params:
            env[params.pop(0).name] = receiver
        keywords = {key: given[len(node.args) + number] for number, (key, _) in enumerate(node.keywords)}
        for number, param in enumerate(params):
            value = given[number] if number < len(node.args) else keywords.get(param.name, Origin.NOTHING)
            env[param.name] = value
        return env

    def _passed_texts(self, info: FunctionInfo, node: ir.Call) -> dict[str, str]:
        params = info.node.params
        if info.unit.language == "python" and info.owner is not None and not info.is_static:
            params = params[1:]
        found: dict[str, str] = {}
        for param, argument in zip(params, node.args, strict=False):
            text = (
                _literal(argument)
                if isinstance(argument, ir.Const | ir.Text)
                else self._texts.get(getattr(argument, "id", ""), "")
            )
            if text:
                found[param.name] = text
        return found


def _is_plain(expression: ir.Expr) -> bool:
    """A constant, or a test that only asks whether something is there."""
    if isinstance(expression, ir.Const):
        return True
    return isinstance(expression, ir.Unary) or (
        isinstance(expression, ir.Name) and expression.id in ("undefined", "None", "null")
    )


def _is_mapping(expression: ir.Expr) -> bool:
    return isinstance(expression, ir.Mapping)


def _literal(expression: ir.Expr) -> str:
    if isinstance(expression, ir.Const):
        return expression.value if isinstance(expression.value, str) else ""
    if isinstance(expression, ir.Text):
        return "".join(_literal(part) if isinstance(part, ir.Const) else "?" for part in expression.parts)
    if isinstance(expression, ir.Binary):
        return f"{_literal(expression.left) or '?'}{_literal(expression.right) or '?'}"
    return ""


def _expression(node: ir.Call, wanted: Argument) -> ir.Expr | None:
    at: ir.Expr | None = None
    if wanted.keyword == "this":
        at = node.func.value if isinstance(node.func, ir.Attr) else None
    elif wanted.keyword is not None:
        at = next((value for key, value in node.keywords if key == wanted.keyword), None)
    if at is None and wanted.position is not None and wanted.position < len(node.args):
        at = node.args[wanted.position]
    for key in wanted.path:
        if not isinstance(at, ir.Mapping):
            return None
        at = next(
            (
                value
                for name, value in at.pairs
                if (name.value if isinstance(name, ir.Const) else getattr(name, "id", None)) == key
            ),
            None,
        )
    return at


def _model(node: ir.Call, text: str) -> str:
    """The kind of record that a query is about."""
    table = _SQL.search(text)
    if table is not None:
        return table[1]
    names = _in_order(node)
    for name in names:
        if (
            name[:1].isupper()
            and not name.isupper()
            and name
            not in (
                "ObjectId",
                "ObjectID",
                "Number",
                "String",
                "Types",
                "Long",
                "Integer",
                "Optional",
                "UUID",
                "Op",
                "Boolean",
                "Q",
                "F",
                "HTTPException",
            )
        ):
            return re.sub(r"(?:Model|Entity|Repository|Repo|Service|Dao|DAO|Mapper|Schema)$", "", name) or name
    called = dotted(node.func).split(".")
    holder = called[-2] if len(called) > 1 else ""
    return re.sub(
        r"_?(?:model|entity|repository|repo|service|dao|mapper|collection|coll?|objects|query)$",
        "",
        holder,
        flags=re.IGNORECASE,
    )


def _in_order(node: ir.Call) -> Iterable[str]:
    found = [
        (part.start, part.end, part.id if isinstance(part, ir.Name) else part.name)
        for part in nodes(node.func, node.args)
        if isinstance(part, ir.Name | ir.Attr)
    ]
    return [name for _, _, name in sorted(found)]
