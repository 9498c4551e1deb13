"""How frameworks call a program's functions: what decorators, base classes and names tell of their parameters."""

import re
from collections.abc import Sequence

from backend_advisor.code import ir
from backend_advisor.code.bound import bound_kinds, is_bound_number
from backend_advisor.code.names import FunctionRef
from backend_advisor.code.program import ClassInfo, FunctionInfo
from backend_advisor.code.resolvers import is_resolved
from backend_advisor.code.roles import CallRole
from backend_advisor.code.route_guards import is_asked_by_guard
from backend_advisor.code.run import Env, Run
from backend_advisor.code.schemas import has_schema
from backend_advisor.code.seen import Handler
from backend_advisor.code.site import Site
from backend_advisor.code.taints import ALL, NUMBER, Taint, merge_taints, station
from backend_advisor.code.tree import in_body, of_kind
from backend_advisor.code.types import NO_TEXT, behind, declared_value, is_checked, is_harmless, is_text
from backend_advisor.code.validators import with_checked_fields, with_typed_fields, without_documents
from backend_advisor.code.values import NO_TYPES, UNKNOWN, Value, cleaned, doubtful, join_all, types_of

_PARAMETERS = 64
_OF_CLASSES = frozenset({"component", "http.handler"})
"""What a class is marked as without its methods being so: a path that stands on it is the beginning of theirs."""
_TEXTS = frozenset({"java.lang.String", "java.lang.Object", "java.lang.CharSequence"})
_PARSES = frozenset({"parse", "parseAsync", "validateSync", "cast"})
"""What schemas of zod, yup and their like are asked by; they give the fields that they know."""
_VALIDATION_PIPE = "@nestjs/common.ValidationPipe"
_OF_OBJECTS = ("model.fields", "nosql.query")
"""What text cannot harm: frameworks fill no object of it."""
_CHECKS = re.compile(r"(?i)schema|validat|use_kwargs|deserial")
"""A decorator named so gives a function what it has checked: `@validate_schema(order_input)`."""
_BODIES = frozenset({"java.io.InputStream", "java.io.Reader", "javax.xml.transform.stream.StreamSource"})
"""Foreign types in which frameworks hand over the body of a request."""
_VIEW = ("django.http.HttpRequest", *["source:http.input"] * 8)
_MODELS = frozenset({"Map", "ModelMap", "Model", "java.util.Map"})
"""Without an annotation Spring gives a handler the model of its view as these."""
_VIEWS = frozenset({"flask.views.View", "flask.views.MethodView", "flask_restful.Resource", "flask_restx.Resource"})
_CLIENTS = frozenset({"FeignClient", "ReactiveFeignClient", "RegisterRestClient", "HttpExchange", "Client"})
_SEGMENT = ("path.file", "path.entry", "nosql.query")
_CONVERTERS = r"int|float|uuid|\w*(?:uuid|int|hex|objectid)\w*"
"""Those of Flask and Django, and those that programs call after them."""
"""What a segment of an address cannot harm: it is text without a slash."""


def marks_of(run: Run, info: FunctionInfo, env: Env) -> None:
    """Note what a function's decorators (and its class's) make of it."""
    if info.owner is not None and info.owner.node.kind == "interface" and is_client(info):
        return  # the same annotations tell there what is asked of another service
    for decorator in info.node.decorators:
        role, site = decorator_role(run, decorator, env)
        if role is None:
            continue
        info.marks.update(role.marks)
        if site is not None:
            _handler(run, info, role, site)
    if info.owner is None:
        return
    _marks_of_class(run, info, info.owner, env)
    for base in run.machine.objects.bases(info.owner):
        for kind in run.machine.roles.ancestry(base):
            known = run.machine.roles.classes.get(kind)
            for pattern, kinds in known.methods if known is not None else ():
                if known is not None and pattern.match(info.node.name) and _takes(run, info, kind, kinds):
                    info.marks.update(known.marks)


def _marks_of_class(run: Run, info: FunctionInfo, owner: ClassInfo, env: Env) -> None:
    """Note what the decorators of a class make of its methods."""
    for decorator in owner.node.decorators:
        role, site = decorator_role(run, decorator, env)
        if role is not None:
            info.marks.update(mark for mark in role.marks if mark not in _OF_CLASSES)
            handler = run.machine.seen.handlers.get(id(info))
            if role.result and handler is not None and _tells_more(role, handler.result):
                handler.result = role
                for key, value in site.properties(role).items() if site is not None else ():
                    handler.properties.setdefault(key, value)


def _tells_more(role: CallRole, known: CallRole | None) -> bool:
    """Whether what is said of a class holds for its handlers: nothing, or less, is said of one itself."""
    return known is None or set(known.result) < set(role.result)


def _takes(run: Run, info: FunctionInfo, base: str, kinds: Sequence[str]) -> bool:
    """Whether a method takes what a generated base class is given: a service has helpers of its own beside."""
    if all(kind != base for _, kind in run.machine.roles.likened):
        return True
    params = info.node.params[1:] if run.language == "python" and not info.is_static else info.node.params
    stated = [param.type.name.rpartition(".")[2] if param.type is not None else "" for param in params]
    return len(params) == len(kinds) and all(
        kind.startswith("source:") or one in ("", kind.rpartition(".")[2])
        for one, kind in zip(stated, kinds, strict=True)
    )


def is_client(info: FunctionInfo) -> bool:
    """Whether a function belongs to an interface of which a library makes a client: `@FeignClient`."""
    notes = info.owner.node.decorators if info.owner is not None else ()
    return any(_word(one.func if isinstance(one, ir.Call) else one) in _CLIENTS for one in notes)


def _handler(run: Run, info: FunctionInfo, role: CallRole, site: Site) -> None:
    handlers = run.machine.seen.handlers
    handler = handlers.get(id(info))
    if handler is None:
        handler = handlers[id(info)] = Handler(info, set(), {}, site.node, run.unit)
    handler.marks.update(role.marks)
    handler.properties.update(site.properties(role))
    if role.result and (handler.result is None or "redirect.url" not in handler.result.result):
        handler.result = role


def decorator_role(run: Run, decorator: ir.Expr, env: Env) -> tuple[CallRole | None, Site | None]:
    """The role of a decorator or annotation, and its arguments."""
    call = decorator if isinstance(decorator, ir.Call) else None
    target = call.func if call is not None else decorator
    site = Site(decorator, "", None, None, [], [], env=env)
    if call is not None:
        site.args = [run.evaluate(argument, env) for argument in call.args if not isinstance(argument, ir.Spread)]
        site.arg_exprs = list(call.args)
        site.keywords = {key: run.evaluate(argument, env) for key, argument in call.keywords if key != "**"}
    roles = run.machine.roles
    if isinstance(target, ir.Attr):
        receiver = run.evaluate(target.value, env)
        site.receiver, site.receiver_expr, site.name = receiver, target.value, target.name
        for kind in types_of(receiver):
            for one in roles.ancestry(kind):
                role = roles.decorators.get(f"{one}.{target.name}")
                if role is not None:
                    return role, site
        if receiver.name is not None and (role := roles.decorators.get(f"{receiver.name}.{target.name}")):
            return role, site
        wild = roles.decorators.get(f"*.{target.name}")
        if wild is not None and (wild.receiver is None or wild.receiver.search(_word(target.value))):
            return wild, site
        return None, None
    name = run.evaluate(target, env).name
    return (roles.decorators.get(name), site) if name is not None else (None, None)


def _word(expression: ir.Expr) -> str:
    return getattr(expression, "id", "") or getattr(expression, "name", "")


def entry_values(run: Run, info: FunctionInfo, given: list[Value], bound: Value | None) -> list[Value]:
    """A value for each parameter of a function that is called from outside the program."""
    base = run.machine.functions.base(info)
    values: list[Value] = []
    params = list(info.node.params)
    if run.language != "python":
        this = bound
        if this is None and info.owner is not None:
            this = Value(types=frozenset({info.owner.name}))
        values.append(this if this is not None else UNKNOWN)
    elif info.owner is not None and not info.is_static and params:
        params.pop(0)
        values.append(bound if bound is not None else Value(types=frozenset({info.owner.name})))
    kinds = [] if given else _framework_kinds(run, info)
    for number, param in enumerate(params):
        label = Taint("parameter", base + len(values))
        if number < len(given):
            value = given[number]
            if param.type is not None and not value.types:
                value = value.but(types=declared_value(run, param.type).types)
        else:
            kind = (
                kinds[number]
                if number < len(kinds)
                else kinds[-1]
                if kinds and kinds[-1].startswith("source:")
                else None
            )
            value = _parameter(run, info, param, kind, label)
            if not value.types and isinstance(param.default, ir.Call):
                value = value.but(types=_usual_kinds(run, param.default))
        values.append(doubtful(value, 2) if run.language == "java" and _has_own_constraint(run, param) else value)
    return values


def _usual_kinds(run: Run, default: ir.Call) -> frozenset[str]:
    """The classes of the program of which a parameter's default is made: `(boards = new BoardService()) => …`."""
    if not isinstance(default.func, ir.Name) or default.func.id not in run.machine.program.by_short_name:
        return NO_TYPES
    return frozenset(run.evaluate(default, {}).types & run.machine.program.classes.keys())


def _has_own_constraint(run: Run, param: ir.Param) -> bool:
    """`@Sort String column`: an annotation of the program's own whose validator looks at what is sent."""
    return any(
        one.unit.language == "java" and any(_name_of(mark) == "Constraint" for mark in one.node.decorators)
        for note in param.decorators
        for one in run.machine.program.by_short_name.get(_name_of(note), ())
    )


def _framework_kinds(run: Run, info: FunctionInfo) -> list[str]:
    """The types or sources that a decorator or a base class gives to the parameters."""
    env = run.machine.unit_env(info.unit)
    closure = run.machine.closure_of(info)
    scope: Env = dict(env) if not closure else {**env, **getattr(closure, "inner", {})}
    for decorator in info.node.decorators:
        role, _ = decorator_role(run, decorator, scope)
        if role is not None and role.parameters:
            return list(role.parameters)
    if run.machine.program.is_pieces and run.language == "python" and takes_request(info):
        return list(_VIEW)
    bound = bound_kinds(run.machine.program, info)
    if bound is not None or info.owner is None:
        return bound or []
    for base in run.machine.objects.bases(info.owner):
        for one in run.machine.roles.ancestry(base):
            known = run.machine.roles.classes.get(one)
            for pattern, kinds in known.methods if known is not None else ():
                if pattern.match(info.node.name) and _takes(run, info, one, kinds):
                    resolves = known is not None and "graphql.resolver" in known.marks
                    return _after_info(info, kinds) if resolves else list(kinds)
    return []


def _after_info(info: FunctionInfo, kinds: Sequence[str]) -> list[str]:
    """What a resolver of graphene is given: the client's arguments stand after `info`, which others stand before."""
    params = info.node.params if info.is_static else info.node.params[1:]
    at = next((number for number, param in enumerate(params) if param.name in ("info", "_info")), None)
    return list(kinds) if at is None else ["any"] * (at + 1) + [kinds[-1]]


def _parameter(run: Run, info: FunctionInfo, param: ir.Param, kind: str | None, label: Taint) -> Value:
    made = _sourced(run, info, param, kind, label)
    if made.taints and _binds_by_list(info):
        made = cleaned(made, ("model.fields",))
    if made.taints and kind is not None and "rpc.handler" in info.marks and run.language in ("python", "java"):
        made = cleaned(made, _OF_OBJECTS)  # each field of a message has the type that its protocol states
    if made.taints and kind is not None and any(_CHECKS.search(_name_of(one)) for one in info.node.decorators):
        made = cleaned(made, _OF_OBJECTS)  # what is given has the fields that the schema declares
    if is_bound_number(run.machine.program, info, param.name):
        made = cleaned(made, (NUMBER,))
    if run.language == "java":
        return made
    if run.language != "python":
        looked_at = made.taints and info.owner is not None and is_asked_by_guard(run.machine.program, info, param)
        return with_typed_fields(run, doubtful(made, 2) if looked_at else made)
    made = without_documents(run, made)
    return doubtful(made, 2) if is_checked(run, param.type) else with_checked_fields(run, made)


def takes_request(info: FunctionInfo) -> bool:
    """Whether a function of a piece of code answers requests, though what registers it is not in view.

    In JavaScript `(req, res) => …` (with a third it may be middleware), in Python Django's `def show(request, pk)`.
    """
    names = [param.name for param in info.node.params]
    if info.unit.language != "python":
        return names == ["req", "res"]
    return (
        names[:1] == ["request"]
        and info.owner is None
        and info.outer is None
        and not info.node.name.startswith("_")
        and any(one.module.startswith("django.") for one in info.unit.imports.values())
    )


def _binds_by_list(info: FunctionInfo) -> bool:
    """Whether a controller of Spring says which fields of an object a request may fill (`@InitBinder`)."""
    if info.owner is None or info.unit.language != "java":
        return False
    binders = [
        method
        for several in info.owner.methods.values()
        for method in several
        if any(_name_of(note) == "InitBinder" for note in method.node.decorators)
    ]
    return any(
        isinstance(one, ir.Call) and _name_of(one.func) in ("setAllowedFields", "setDisallowedFields")
        for method in binders
        for one in in_body(method.node)
    )


def _name_of(expression: ir.Expr) -> str:
    if isinstance(expression, ir.Call):
        return _name_of(expression.func)
    return getattr(expression, "id", "") or getattr(expression, "name", "")


def _sourced(run: Run, info: FunctionInfo, param: ir.Param, kind: str | None, label: Taint) -> Value:
    stated = declared_value(run, param.type)
    harmless = run.language in ("python", "java") and is_harmless(run, param.type)
    noted = _noted(run, param)
    if noted is not None:
        if run.language == "java" and is_text(run, param.type):
            noted = cleaned(noted, _OF_OBJECTS)
        return noted if not harmless else cleaned(noted, (NUMBER,))
    trail = station("source", info.unit.path, param.start, param.end, None)
    if kind is not None and kind.startswith("source:"):
        if harmless or _is_converted(run, info, param.name):
            return stated.but(taints={Taint(kind[7:]).clean((NUMBER,)): trail})
        known = run.machine.known_types() - _TEXTS
        foreign = [one for one in types_of(stated) if one in known and one not in run.machine.program.classes]
        if foreign and stated.rest is None and not _BODIES.intersection(foreign):
            return stated
        if run.language == "java" and param.type is not None and param.type.name in _MODELS and _is_of_spring(run):
            return stated
        if run.language == "java" and param.type is not None and is_resolved(run.machine.program, param.type.name):
            return stated
        taint = Taint(kind[7:])
        if run.language in ("python", "java") and is_text(run, param.type):
            taint = taint.clean(NO_TEXT if run.language == "python" else _OF_OBJECTS)
        return stated.but(taints={taint.clean(_SEGMENT) if _is_segment(run, info, param.name) else taint: trail})
    if kind is not None and kind not in ("_", "any"):
        return stated.but(types=stated.types | {kind})
    if not stated.types and param.type is None:
        by_name = run.machine.roles.names.get(param.name)
        if by_name is not None:
            return Value({label: None}, types=frozenset({by_name}))  # type: ignore[dict-item]
    return stated.but(taints={label: None})


def _is_segment(run: Run, info: FunctionInfo, name: str) -> bool:
    """Whether a parameter is one segment of the address, as the route states: `{name}`, `<name>`, `<int:name>`."""
    handler = run.machine.seen.handlers.get(id(info))
    route = handler.properties.get("path") if handler is not None else None
    if route is None or not route.consts:
        return _is_segment_of_any(run, info, name)
    pattern = re.compile(rf"\{{{re.escape(name)}\}}|<(?:(?!path\b)[^<>:]+:)?{re.escape(name)}>")
    return all(isinstance(one, str) and pattern.search(one) for one in route.consts)


def _is_converted(run: Run, info: FunctionInfo, name: str) -> bool:
    """Whether every route of a function of Python turns a parameter into a number or an identifier: `<int:name>`."""
    if run.language != "python":
        return False
    given = [one for note in info.node.decorators if isinstance(note, ir.Call) for one in note.args[:1]]
    routes = [one.value for one in given if isinstance(one, ir.Const) and isinstance(one.value, str)]
    handler = run.machine.seen.handlers.get(id(info))
    stated = handler.properties.get("path") if handler is not None else None
    routes += [one for one in (stated.consts or () if stated is not None else ()) if isinstance(one, str)]
    held = [one for one in routes if re.search(rf"[<:]{re.escape(name)}>", one)]
    return bool(held) and all(re.search(rf"<(?:{_CONVERTERS}):{re.escape(name)}>", one) for one in held)


def _is_of_spring(run: Run) -> bool:
    return any(one.module.startswith("org.springframework.") for one in run.unit.imports.values())


def _is_segment_of_any(run: Run, info: FunctionInfo, name: str) -> bool:
    """Whether a view of Flask, registered elsewhere, has a parameter that no route lets hold a slash: `<path:name>`."""
    if info.owner is None or run.language != "python":
        return False
    kinds = {one for base in run.machine.objects.bases(info.owner) for one in run.machine.roles.ancestry(base)}
    wide = re.compile(rf"<(?!(?:string|int|uuid|float|any)\b)[^<>:]+:{re.escape(name)}>".encode())
    return bool(kinds & _VIEWS) and not any(wide.search(source) for source in run.machine.program.sources())


def _noted(run: Run, param: ir.Param) -> Value | None:
    """What a parameter's own decorators, annotations or default value tell of it."""
    notes: list[tuple[Run, ir.Expr]] = [(run, note) for note in param.decorators]
    if param.default is not None:
        notes.append((run, param.default))
    if param.type is not None:
        there, stated_there = behind(run, param.type)
        notes += [(there, note) for note in stated_there.metadata]
    for reader, note in notes:
        target = note.func if isinstance(note, ir.Call) else note
        if not isinstance(target, ir.Name | ir.Attr):
            continue
        name = reader.evaluate(target, {}).name
        role = run.machine.roles.parameters.get(name or "")
        if role is None:
            continue
        stated = declared_value(run, param.type)
        if role.calls and isinstance(note, ir.Call):
            return _provided(reader, note, stated)
        taints = {}
        if role.source is not None:
            taints = {
                Taint(role.source).clean(role.cleans): station("source", run.unit.path, param.start, param.end, None)
            }
            if isinstance(note, ir.Call) and _is_cleaned(reader, note):
                taints = {}
            elif isinstance(note, ir.Call) and any(
                _is_schema_pipe(one) or _takes_away(reader, one, stated) or _parses(reader, one) for one in note.args
            ):
                taints = {taint.clean(_OF_OBJECTS): way for taint, way in taints.items()}
        types = stated.types
        if role.returns is not None and role.returns.type is not None:
            types = types | {role.returns.type}
        return stated.but(taints=merge_taints(taints), types=types)
    return None


def _is_schema_pipe(given: ir.Expr) -> bool:
    """`@Body(new ZodValidationPipe(createOrderSchema))`: only the fields of the schema come through."""
    return (
        isinstance(given, ir.Call)
        and _name_of(given.func).endswith("Pipe")
        and bool(given.args)
        and has_schema(given.args)
    )


def _parses(run: Run, given: ir.Expr) -> bool:
    """`@Body(MemberPatchPipe)`, a class of the program whose `transform` gives what a schema leaves of it."""
    target = given.func if isinstance(given, ir.Call) else given
    if not isinstance(target, ir.Name | ir.Attr):
        return False
    for ref in run.evaluate(target, {}).refs:
        transforms = ref.methods.get("transform", ()) if isinstance(ref, ClassInfo) else ()
        for method in transforms:
            given_back = [one.value for one in of_kind(method.node, ir.Return)]
            return bool(given_back) and all(
                isinstance(one, ir.Call) and _name_of(one.func) in _PARSES for one in given_back
            )
    return False


def _takes_away(run: Run, given: ir.Expr, stated: Value) -> bool:
    """`@Body(new ValidationPipe({ whitelist: true })) changes: DriverUpdate`: what the class does not declare is taken
    away; a type without a class has no decorators to be asked."""
    if not isinstance(given, ir.Call | ir.Name | ir.Attr) or not stated.types & run.machine.program.classes.keys():
        return False
    pipe = run.evaluate(given, {})
    listed = (pipe.fields or {}).get("whitelist")
    return _VALIDATION_PIPE in pipe.types and listed is not None and listed.consts == (True,)


def _is_cleaned(run: Run, note: ir.Call) -> bool:
    """Whether a note names something that makes the data harmless: `@Param("id", ParseIntPipe)`."""
    for argument in note.args[1:]:
        name = run.evaluate(argument, {}).name
        role = run.machine.roles.calls.get(name.removesuffix("()")) if name is not None else None
        if role is not None and ALL in role.cleans:
            return True
    return False


def _provided(run: Run, note: ir.Call, stated: Value) -> Value:
    """What a dependency gives: the function named by the note is called by the framework."""
    results: list[Value] = []
    for argument in note.args[:1]:
        for ref in run.evaluate(argument, {}).refs:
            if isinstance(ref, FunctionRef):
                result = run.machine.functions.invoke(run, ref, [], {}, None)
                results.append(result.rest if ref.info.node.is_generator and result.rest is not None else result)
            elif hasattr(ref, "methods"):
                results.append(Value(types=frozenset({ref.name})))
    if not results:
        return stated
    found = join_all(results)
    return found.but(types=found.types | stated.types)
