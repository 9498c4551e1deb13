"""Java's interfaces whose methods are statements, by an annotation, by their name or in a mapper, or requests of a
client that a library makes of them: a call of one asks the database, or another service."""

import re
from dataclasses import replace

from backend_advisor.code import ir
from backend_advisor.code.entries import decorator_role, is_client
from backend_advisor.code.mappers import annotated_text
from backend_advisor.code.meaning import note
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.roles import Argument, CallRole, Fixed
from backend_advisor.code.run import Run
from backend_advisor.code.site import Site

_OF_MAPPERS = "org.apache.ibatis.annotations."
_COLLECTIONS = frozenset({"List", "Collection", "Set", "Iterable", "Map"})
_STREAMS = frozenset({"Mono", "Flux", "Flow", "Uni", "Multi", "Publisher", "CompletableFuture"})
_REPOSITORY = "org.springframework.data.repository.Repository"
_QUERY = "org.springframework.data.jpa.repository.Query"
_BY_NAME = re.compile(
    r"(?!getReferenceById$)(find|read|get|query|search|stream|count|exists|delete|remove)(?:[A-Z]\w*)?By(?:[A-Z]\w*)?$"
)
_OF_REQUESTS = re.compile(r"(Get|Post|Put|Patch|Delete|Request|GET|POST|PUT|PATCH|DELETE)(?:Mapping|Exchange|Line)?$")
_WRITES = re.compile(r"(?i)^\s*(?:insert|update|delete|merge|replace|upsert)\b")


def note_query(run: Run, info: FunctionInfo, node: ir.Node) -> None:
    """Note a call of a method without a body that is a statement."""
    known = run.machine.statements
    if info not in known:
        known[info] = _role(run, info)
    role = known[info]
    if role is not None:
        note(run, role, Site(node, info.node.name, None, None, [], []))


def _role(run: Run, info: FunctionInfo) -> CallRole | None:
    """What a call of the method does, with the text of the statement as a property of it."""
    if info.owner is None or info.owner.node.kind != "interface" or "default" in info.node.modifiers:
        return None
    request = _of_client(info)
    if request is not None:
        return request
    found = _annotated(run, info) or _of_mapper(run, info) or _derived(run, info)
    if found is None:
        return None
    role, text = found
    acts = set(role.does) | {"db.query"}
    if _WRITES.match(text) or _is_modifying(info):
        acts = (acts - {"db.read"}) | {"db.write"}
    elif "db.write" not in acts:
        acts.add("db.read")
    params, returns = info.node.params, info.node.returns
    last = returns.name.rpartition(".")[2] if returns is not None else ""
    # A list of rows is one statement for all of them: `<foreach>`, `IN (:ids)`.
    if "db.write" in acts and any(one.type is not None and _is_collection(one.type) for one in params):
        acts, text = (acts - {"db.write"}) | {"db.write_many"}, ""
    if "db.read" in acts and not params and last in _COLLECTIONS:
        acts.add("db.read_all")
    if last not in _STREAMS:
        acts.add("blocking.io")
    return replace(role, does=tuple(sorted(acts)), named={"sql": (Fixed(text),)}, source=None, result=(), marks=())


def _annotated(run: Run, info: FunctionInfo) -> tuple[CallRole, str] | None:
    env = run.machine.unit_env(info.unit)
    of_file = Run(run.machine, info.unit, None, {}, run.depth)
    for note_ in info.node.decorators:
        role, _ = decorator_role(of_file, note_, env)
        if role is not None and ("db.query" in role.does or "sql" in role.named):
            return role, annotated_text(note_)
    return None


def _of_mapper(run: Run, info: FunctionInfo) -> tuple[CallRole, str] | None:
    """A method that stands for a statement of an XML file."""
    statement = run.machine.program.mappers.statement_of(info)
    kind = statement.partition(" ")[0].capitalize()
    role = run.machine.roles.decorators.get(f"{_OF_MAPPERS}{kind}") if statement else None
    return (role, statement.partition(" ")[2]) if role is not None else None


def _derived(run: Run, info: FunctionInfo) -> tuple[CallRole, str] | None:
    """`List<Order> findByCustomerId(long id)`: Spring Data makes the statement from the name."""
    word = _BY_NAME.match(info.node.name)
    if word is None or info.owner is None:
        return None
    bases = run.machine.objects.bases(info.owner)
    if not any(_REPOSITORY in run.machine.roles.ancestry(base) for base in bases):
        return None
    role = run.machine.roles.decorators.get(_QUERY)
    return None if role is None else (role, "delete " if word[1] in ("delete", "remove") else "")


def _of_client(info: FunctionInfo) -> CallRole | None:
    """A method of an interface of which a library makes a client: `@FeignClient`, `@HttpExchange`."""
    if not is_client(info):
        return None
    stated = [name for note_ in info.node.decorators if (name := _OF_REQUESTS.match(_word(note_))) is not None]
    if not stated:
        return None
    method = stated[0][1].upper()
    named: dict[str, tuple[Argument | Fixed, ...]] = {"method": (Fixed(method),)} if method != "REQUEST" else {}
    last = info.node.returns.name.rpartition(".")[2] if info.node.returns is not None else ""
    acts = ("http.request",) if last in _STREAMS else ("http.request", "blocking.io")
    return CallRole(
        f"{info.owner.name if info.owner else ''}.{info.node.name}", "http-interface", does=acts, named=named
    )


def _word(note_: ir.Expr) -> str:
    target = note_.func if isinstance(note_, ir.Call) else note_
    return target.id if isinstance(target, ir.Name) else getattr(target, "name", "")


def _is_modifying(info: FunctionInfo) -> bool:
    """`@Modifying` beside `@Query`."""
    names = (one.func if isinstance(one, ir.Call) else one for one in info.node.decorators)
    return any((one.id if isinstance(one, ir.Name) else getattr(one, "name", "")) == "Modifying" for one in names)


def _is_collection(kind: ir.Type) -> bool:
    return kind.name.rpartition(".")[2] in _COLLECTIONS or kind.name.endswith("[]")
