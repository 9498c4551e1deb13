"""Reading a route: what its handler, and every function that it calls, does with records."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Program, Unit
from backend_advisor.code.tree import everything, in_whole
from backend_advisor.experts.security.detectors.database_sessions import is_of_database, named_type
from backend_advisor.experts.security.detectors.facts import Facts, Route
from backend_advisor.experts.security.detectors.origins import CLIENT, NOTHING, WHO, Findings, Origin
from backend_advisor.experts.security.detectors.telling import INPUT_FIELDS
from backend_advisor.experts.security.detectors.unheard import unheard_calls
from backend_advisor.experts.security.detectors.walking import Walk
from backend_advisor.experts.security.detectors.words import (
    AUTHENTICATES,
    IDENTIFIES,
    IDENTITY,
    REQUEST,
    dotted,
    identifiers,
    snake,
)

_SERVICE = re.compile(
    r"session$|dep$|db$|service|repo|logger|response|settings|config|client|manager|background|model$|binding_?result|bindingresult",
    re.IGNORECASE,
)


_FIELDS = re.compile(r"\.(?:BaseModel|SQLModel|Struct|TypedDict|NamedTuple|BaseSettings)$")


class Reader:
    """Reads one handler with everything that it calls in the program."""

    def __init__(self, program: Program, facts: Facts) -> None:
        self.program = program
        self.facts = facts
        self.set_fields = _set_fields(program)
        self._unheard: dict[int, frozenset[int]] = {}
        self._of_caller: dict[str, frozenset[str]] = {}
        self._databases: dict[str, bool] = {}
        self._summaries: dict[object, tuple[Findings, Origin]] = {}
        self._by_name: dict[str, list[FunctionInfo]] | None = None

    def unheard(self, info: FunctionInfo) -> frozenset[int]:
        """The calls in a function whose answer decides nothing."""
        known = self._unheard.get(id(info))
        if known is None:
            known = self._unheard[id(info)] = unheard_calls(info.node)
        return known

    def inside(
        self, info: FunctionInfo, env: dict[str, Origin], texts: dict[str, str], depth: int, trusted: frozenset[str]
    ) -> tuple[Findings, Origin]:
        """What a called function does and gives, for arguments of these origins."""
        key = (id(info), tuple(env.items()), tuple(texts.items()), trusted)
        known = self._summaries.get(key)
        if known is None:
            known = self._summaries[key] = (Findings(), NOTHING)  # for a call of itself
            walk = Walk(self, Findings(), info, dict(env), depth, trusted, dict(texts)).run()
            known = self._summaries[key] = (walk.found, walk.result)
        return known

    def keeps_database(self, info: FunctionInfo) -> bool:
        """Whether `self.session` of a class is one with a database, which is nobody's, by what its file imports."""
        owner = info.owner
        if owner is None or info.unit.language != "python":
            return False
        known = self._databases.get(owner.name)
        if known is None:
            known = self._databases[owner.name] = any(
                is_of_database(kind, one.unit)
                for one in self.program.ancestry(owner)
                for kind in one.unit.imports
                if kind.endswith(("Session", "sessionmaker"))
            )
        return known

    def callers_fields(self, info: FunctionInfo) -> frozenset[str]:
        """What objects of a class keep of who calls, which a dependency of FastAPI made them with: `self.scope`."""
        owner = info.owner
        if owner is None or info.unit.language != "python":
            return frozenset()
        known = self._of_caller.get(owner.name)
        if known is None:
            known = self._of_caller[owner.name] = frozenset(
                name
                for maker in owner.methods.get("__init__", ())
                if b"Depends(" in maker.unit.module.source[maker.node.start : maker.node.end]
                for name in _kept_of_caller(maker, self.program)
            )
        return known

    def is_stored(self, kind: str) -> bool:
        """Whether a class of the program is a record's: `UserDetails` with `@Entity` is not who calls."""
        return any(
            dotted(one) in ("Entity", "Table", "Document")
            for info in self.program.by_short_name.get(kind, ())
            for one in info.node.decorators
        )

    def named(self, name: str) -> list[FunctionInfo]:
        """Every function of the program with this name."""
        if self._by_name is None:
            self._by_name = defaultdict(list)
            for info in self.program.functions():
                self._by_name[info.node.name].append(info)
        return self._by_name.get(name, [])

    def read(self, route: Route) -> Findings:
        """What a route does with records."""
        found = Findings()
        env = {param.name: _parameter(param, self.program, route.unit) for param in route.info.node.params}
        if "user" in env and AUTHENTICATES.search(" ".join(snake(n) for n in identifiers(route.info.node.decorators))):
            env["user"] = WHO  # what the decorator found out
        if route.info.owner is not None and route.info.node.params and route.unit.language == "python":
            env[route.info.node.params[0].name] = NOTHING
        trusted = frozenset(name for name, setters in self.set_fields.items() if setters & route.guards)
        Walk(self, found, route.info, env, 0, trusted).run()
        return found


def _kept_of_caller(maker: FunctionInfo, program: Program) -> Iterator[str]:
    who = {param.name for param in maker.node.params[1:] if _parameter(param, program, maker.unit) == WHO}
    for node in in_whole(maker.node) if who else ():
        if not isinstance(node, ir.Assign) or not isinstance(node.target, ir.Attr):
            continue
        if dotted(node.target.value) == "self" and who & identifiers(node.value or ()):
            yield node.target.name


def _set_fields(program: Program) -> dict[str, set[str]]:
    """Fields of the request that the program itself sets from who calls, and the functions that do."""
    found: dict[str, set[str]] = {}
    for unit in program.units.values():
        for name, nodes in _named_functions(unit):
            for node in nodes:
                if isinstance(node, ir.Assign) and isinstance(node.target, ir.Attr) and _is_input_field(node.target):
                    words = identifiers(node.value or ())
                    if any(IDENTIFIES.search(snake(word)) or IDENTITY.match(word) for word in words):
                        found.setdefault(node.target.name, set()).add(name)
    return found


def _named_functions(unit: Unit) -> Iterator[tuple[str, Iterable[ir.Node]]]:
    """The functions of a file with the names that others use for them, also those that are values of variables."""
    for statement in unit.module.body:
        if isinstance(statement, ir.Assign) and isinstance(statement.target, ir.Name | ir.Attr):
            yield dotted(statement.target).rpartition(".")[2], everything(statement.value)
    for info in unit.functions:
        if info.node.name:
            yield info.node.name, in_whole(info.node)


def _is_input_field(target: ir.Attr) -> bool:
    base = dotted(target.value).split(".")
    return len(base) > 1 and bool(REQUEST.match(base[0])) and bool(INPUT_FIELDS.match(base[-1]))


def _is_service(kind: str, program: Program) -> bool:
    """Whether objects of a class do something, and are no fields of a request: a repository that is injected."""
    several = program.by_short_name.get(kind, ())
    if len(several) != 1:
        return False
    family = program.ancestry(several[0])
    if any(one.node.decorators for one in family) or any(map(_FIELDS.search, program.foreign_bases(several[0]))):
        return False
    return any(not name.startswith("__") for one in family for name in one.methods)


def _parameter(param: ir.Param, program: Program, unit: Unit) -> Origin:
    kind, there, said = named_type(param.type, unit, program)
    notes = identifiers(param.decorators, param.default or (), said)
    if is_of_database(kind, there):
        return NOTHING
    if any(IDENTITY.match(one) or IDENTIFIES.search(one) or one in ("login_required",) for one in notes):
        return WHO
    if not _SERVICE.search(kind) and (IDENTITY.match(kind) or (IDENTITY.match(param.name) and param.name != "session")):
        return WHO
    if "Depends" in notes and _is_service(kind, program):
        return NOTHING
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
            return WHO if re.search(r"user|auth|token|principal", " ".join(notes), re.IGNORECASE) else NOTHING
    if said and re.search(r"user|auth|token|principal", " ".join(notes), re.IGNORECASE):
        return WHO
    if _SERVICE.search(kind) or param.name in ("res", "response", "next", "db", "reply", "done", "model", "resp"):
        return NOTHING
    if (
        re.search(r"(?:^|_)(?:user|auth|principal)", " ".join(snake(n) for n in notes), re.IGNORECASE)
        and param.decorators
    ):
        return WHO
    return CLIENT
