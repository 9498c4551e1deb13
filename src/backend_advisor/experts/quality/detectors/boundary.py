"""Data of a request that is taken as it comes (QUA114), or checked with `assert` (QUA116)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, FunctionInfo
from backend_advisor.code.seen import Handler
from backend_advisor.code.tree import in_body, name_of, names_in, within
from backend_advisor.experts.quality.detectors.handlers import given_by_client, handler_of, handlers, words_in
from backend_advisor.experts.quality.detectors.outline import outline
from backend_advisor.experts.quality.detectors.tree import function_name, short
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_CONSTRAINTS = frozenset(
    ["NotNull", "NotBlank", "NotEmpty", "Size", "Min", "Max", "Email", "Pattern", "Positive", "PositiveOrZero",
     "Negative", "Past", "Future", "PastOrPresent", "FutureOrPresent", "DecimalMin", "DecimalMax", "Digits", "Length",
     "Range", "AssertTrue", "AssertFalse", "URL"]
)  # fmt: skip
_SHAPELESS = frozenset({"any", "object", "Record", "unknown", "Object", "dict", "Dict", "typing.Dict", "Any", "Map"})
_VALIDATES = re.compile(
    r"(?i)valid|schema|celebrate|\bjoi|zod|yup|ajv|sanitiz|^check$|^checkSchema$|^body$|^rules|^dto|safeParse|^parse$|"
    r"superstruct|^assert"
)
_RAW = re.compile(r"(?i)webhook|callback|hook|proxy|forward|graphql|batch|import|sync|debug|echo|log")
_BODY = re.compile(rb"(?<=\} = )(?:req|request|ctx\.request)\.body\b|\b(?:req|request|ctx\.request)\.body(?=\.\w|\[)")
_MODELS = frozenset({"BaseModel", "SQLModel", "Struct", "Schema", "pydantic.BaseModel"})
_LEAST = 2


@detects_in_code("QUA114")
def missing_validation(context: CodeContext) -> Iterator[Match]:
    """Handlers that take a body without any check although their siblings check theirs."""
    language = context.program.language
    known = list(handlers(context))
    if language == "java":
        yield from _spring(context, known)
    elif language == "python":
        yield from _fastapi(context, known)
    else:
        yield from _nest(context, known)
        yield from _express(context, known)


def _spring(context: CodeContext, known: list[Handler]) -> Iterator[Match]:
    """`@RequestBody` without `@Valid` on a class whose fields state constraints: nobody looks at them."""
    anybody = context.program.is_pieces or any(
        _is_valid(param) for info in context.program.functions() for param in info.node.params
    )
    for handler in known:
        for param in handler.info.node.params:
            names = {name_of(one) for one in param.decorators}
            if "RequestBody" not in names or any(name.startswith("Valid") for name in names) or param.type is None:
                continue
            owner = _class(context, param.type.name)
            field = _constrained(owner) if owner is not None else None
            if owner is None or field is None or _hands_to_validator(handler.info, param.name):
                continue
            if _is_checked_below(context, handler.info, param.name):
                continue
            # Where nobody asks for it, constraints only describe, or the code refuses by itself.
            by_hand = not anybody or _refuses_by_hand(context, handler.info, param.name)
            yield Match(
                location=context.location(handler.info.unit, param),
                values={"handler": function_name(handler.info), "body": param.name},
                confidence=Confidence.LOW if by_hand else Confidence.MEDIUM if _is_entity(owner) else Confidence.HIGH,
                steps=((context.location(owner.unit, field), "step_constraint"),),
            )


def _is_valid(param: ir.Param) -> bool:
    return any(name_of(one).startswith("Valid") for one in param.decorators)


def _refuses_by_hand(context: CodeContext, info: FunctionInfo, name: str) -> bool:
    """`if (order.name == null) { throw new BadRequest(…); }`, in the handler or where its interface is implemented."""
    methods = [(info, name)]
    if info.owner is not None and info.owner.node.kind == "interface":
        at = next(n for n, one in enumerate(info.node.params) if one.name == name)
        methods += [
            (one, one.node.params[at].name)
            for owner in context.program.classes.values()
            if any(name_of(base) == info.owner.node.name for base in owner.node.bases)
            for one in owner.methods.get(info.node.name, ())
            if len(one.node.params) == len(info.node.params)
        ]
    return any(
        isinstance(node, ir.If)
        and given in names_in(node.test)
        and any(isinstance(one, ir.Throw | ir.Return) for one in node.then)
        for method, given in methods
        for node in in_body(method.node)
    )


def _hands_to_validator(info: FunctionInfo, name: str) -> bool:
    """`validator.validate(order)`: what checks the body has a class of its own."""
    return any(
        isinstance(call, ir.Call)
        and re.search(r"(?i)validat|^check(?:$|[A-Z])|^verify(?:$|[A-Z])", name_of(call.func))
        and any(isinstance(given, ir.Name) and given.id == name for given in call.args)
        for call in in_body(info.node)
    )


def _is_checked_below(context: CodeContext, info: FunctionInfo, name: str) -> bool:
    """Whether a bean that is given the body says `@Valid` itself: `void add(@Valid Order order)` of the service."""
    for call in in_body(info.node):
        if not isinstance(call, ir.Call) or not isinstance(call.func, ir.Attr) or info.owner is None:
            continue
        held = info.owner.fields.get(name_of(call.func.value))
        service = _class(context, held.type.name) if held is not None and held.type is not None else None
        for method in service.methods.get(call.func.name, ()) if service is not None else ():
            for given, param in zip(call.args, method.node.params, strict=False):
                marked = any(name_of(one).startswith("Valid") for one in param.decorators)
                if marked and isinstance(given, ir.Name) and given.id == name:
                    return True
    return False


def _is_entity(owner: ClassInfo) -> bool:
    """Whether the database checks the constraints too, as JPA does before a write."""
    return any(name_of(one) == "Entity" for one in owner.node.decorators)


def _class(context: CodeContext, name: str) -> ClassInfo | None:
    found = context.program.by_short_name.get(name.rpartition(".")[2], [])
    return found[0] if len(found) == 1 else None


def _constrained(owner: ClassInfo) -> ir.Field | None:
    for field in owner.node.fields:
        for one in field.decorators:
            grouped = isinstance(one, ir.Call) and any(key == "groups" for key, _ in one.keywords)
            if name_of(one) in _CONSTRAINTS and not grouped:
                return field
    return None


def _fastapi(context: CodeContext, known: list[Handler]) -> Iterator[Match]:
    """`request.json()` or a plain dict where others take a model."""
    modelled: list[FunctionInfo] = []
    bare: list[tuple[FunctionInfo, ir.Node, str]] = []
    for handler in known:
        info = handler.info
        if any(param.type is not None and _is_model(context, param.type.name) for param in info.node.params):
            modelled.append(info)
            continue
        taken = _taken_bare(context, info)
        if taken is not None and not _RAW.search(f"{info.node.name} {info.unit.path}"):
            bare.append((info, *taken))
    yield from _against_siblings(context, modelled, bare)


def _is_model(context: CodeContext, name: str) -> bool:
    owner = _class(context, name)
    if owner is None:
        return False
    bases = {name_of(base) for one in context.program.ancestry(owner) for base in one.node.bases}
    return bool(bases & _MODELS)


def _taken_bare(context: CodeContext, info: FunctionInfo) -> tuple[ir.Node, str] | None:
    for param in info.node.params:
        stated = param.type.name if param.type is not None else ""
        if param.type is not None and _states_values(param.type):
            continue
        if name_of(param.default) == "Body" and stated in _SHAPELESS:
            return param, param.name
        if stated in ("dict", "Dict", "typing.Dict") and param.default is None and param.kind == "normal":
            return param, param.name
    for node in in_body(info.node):
        if isinstance(node, ir.Call) and isinstance(node.func, ir.Attr) and node.func.name == "json":
            typed = [one for one in info.node.params if one.name == name_of(node.func.value) and one.type is not None]
            if _is_refused(info, node):
                continue
            if typed and typed[0].type is not None and typed[0].type.name.endswith("Request") and not _checked(info):
                return node, short(context.text(info.unit, node))
    return None


def _states_values(kind: ir.Type) -> bool:
    """`dict[str, str]`: what stands under each key is checked too."""
    return len(kind.args) == _LEAST and kind.args[1].name.rpartition(".")[2] not in _SHAPELESS


def _is_refused(info: FunctionInfo, read: ir.Node) -> bool:
    """Whether a body is read in a `try` that also takes the fields from it, and answers 400 when one is missing."""
    return any(
        isinstance(one, ir.Try)
        and one.body
        and one.body[0].start <= read.start < one.body[-1].end
        and any(isinstance(part, ir.Index) for part in within(*one.body))
        and any(
            isinstance(part, ir.Const) and part.value in (400, 422) and not isinstance(part.value, bool)
            for handler in one.handlers
            for part in within(*handler.body)
        )
        for one in in_body(info.node)
    )


def _checked(info: FunctionInfo) -> bool:
    return any(_VALIDATES.search(name) for name in words_in(*info.node.body) if name != "body")


def _nest(context: CodeContext, known: list[Handler]) -> Iterator[Match]:
    """A body whose type is gone when the program runs, so that the pipe has nothing to check."""
    modelled: list[FunctionInfo] = []
    bare: list[tuple[FunctionInfo, ir.Node, str]] = []
    for handler in known:
        info = handler.info
        for param in info.node.params:
            body = next((one for one in param.decorators if name_of(one) == "Body"), None)
            if body is None or param.type is None or (isinstance(body, ir.Call) and body.args):
                continue
            owner = _class(context, param.type.name)
            if owner is not None and owner.node.kind == "class":
                if any(field.decorators for field in owner.node.fields):
                    modelled.append(info)
            elif not _RAW.search(info.node.name) and not _checked(info) and _is_gone(owner, param.type.name):
                bare.append((info, param, param.name))
    yield from _against_siblings(context, modelled, bare)


def _is_gone(owner: ClassInfo | None, name: str) -> bool:
    """Whether a type of TypeScript leaves nothing to check against when the program runs."""
    return name in _SHAPELESS if owner is None else owner.node.kind == "interface"


def _express(context: CodeContext, known: list[Handler]) -> Iterator[Match]:
    """A handler that reads `req.body` without a validator before it or in it."""
    looking = 0
    checked: list[FunctionInfo] = []
    bare: list[tuple[FunctionInfo, ir.Node, str]] = []
    for handler in known:
        info = handler.info
        found = _BODY.search(info.unit.module.source, info.node.start, info.node.end)
        if found is None or not isinstance(handler.node, ir.Call) or info.owner is not None:
            continue
        words = words_in(*handler.node.args[:-1]) | words_in(*info.node.body)
        if any(_VALIDATES.search(name) for name in words if name != "body") or _refuses_input(info):
            checked.append(info)
        elif _looks_at_body(info):
            looking += 1
        elif not _RAW.search(info.node.name):
            place = ir.Name(found.start(), found.end(), "body")
            bare.append((info, place, found[0].decode()))
    if len(checked) >= len(bare) + looking:  # else validators are not how this program checks
        yield from _against_siblings(context, checked, bare)


def _looks_at_body(info: FunctionInfo) -> bool:
    """Whether a handler decides by what it was sent: `if (!req.body.name) …`, `if (name.length > 30) …`."""
    read = {
        name_of(node.target)
        for node in in_body(info.node)
        if isinstance(node, ir.Assign) and any(_is_of_body(one) for one in within(node.value))
    } - {""}
    tests = [node.test for node in in_body(info.node) if isinstance(node, ir.If)]
    return any(
        _is_of_body(one) or (isinstance(one, ir.Name) and one.id in read) for test in tests for one in within(test)
    )


def _is_of_body(node: ir.Node) -> bool:
    return isinstance(node, ir.Attr) and node.name == "body" and name_of(node.value) in ("req", "request")


def _refuses_input(info: FunctionInfo) -> bool:
    """Whether the handler looks at what it was sent and answers 400: `if (!isName(name)) return reply.status(400)`."""
    return any(
        isinstance(node, ir.If)
        and any(
            isinstance(one, ir.Const) and one.value in (400, 422) and not isinstance(one.value, bool)
            for one in within(*node.then)
        )
        and any(isinstance(one, ir.Call) and re.match(r"is[A-Z_]", name_of(one.func)) for one in within(node.test))
        for node in in_body(info.node)
    )


def _against_siblings(
    context: CodeContext, checked: list[FunctionInfo], bare: list[tuple[FunctionInfo, ir.Node, str]]
) -> Iterator[Match]:
    if len(checked) < _LEAST or len(checked) < len(bare):
        return
    sibling = checked[0]
    for info, node, body in bare:
        yield Match(
            location=context.location(info.unit, node),
            values={"handler": function_name(info), "body": body},
            confidence=Confidence.MEDIUM,
            steps=(
                (
                    context.places.location(sibling.unit.path, sibling.node.start, sibling.node.header_end),
                    "step_sibling",
                ),
            ),
        )


@detects_in_code("QUA116")
def assertion_as_validation(context: CodeContext) -> Iterator[Match]:
    """An `assert` in a handler on what the client sent: it is gone when assertions are off."""
    for written in outline(context):
        tests = [node for node in written.notable if isinstance(node, ir.Assert)]
        if not tests or written.unit.language not in ("python", "java"):
            continue
        info = handler_of(context, written)
        if info is None:
            continue
        given = _derived(info, given_by_client(info))
        for node in tests:
            names = names_in(node.test)
            if names & given and name_of(node.test) not in ("isinstance",) and not _tells_type(node.test):
                yield Match(
                    location=context.location(written.unit, node),
                    values={"test": short(context.text(written.unit, node.test)), "handler": function_name(info)},
                    confidence=Confidence.HIGH,
                )


def _tells_type(test: ir.Expr) -> bool:
    """Whether an assertion only tells a type checker that a value is there: `x is not None`, alone or with others."""
    if isinstance(test, ir.Logic):
        return any(_tells_type(one) for one in test.operands)
    return isinstance(test, ir.Binary) and test.op == "is not" and isinstance(test.right, ir.Const)


def _derived(info: FunctionInfo, given: set[str]) -> set[str]:
    """The names that hold data of the request: parameters and what is read from them without a call to others."""
    found = set(given)
    for node in in_body(info.node):
        if isinstance(node, ir.Assign) and node.value is not None and _reads(node.value, found | {"request"}):
            found |= names_in(node.target)
    return found | {"request"}


def _reads(value: ir.Expr, names: set[str]) -> bool:
    """`request.json["id"]`, `body.get("id")`, `int(raw)`: still the client's data."""
    if isinstance(value, ir.Await | ir.Cast):
        return _reads(value.value, names)
    if isinstance(value, ir.Call):
        if isinstance(value.func, ir.Attr):
            return _reads(value.func.value, names)
        return name_of(value.func) in ("int", "float", "str", "len") and any(_reads(one, names) for one in value.args)
    if isinstance(value, ir.Attr | ir.Index):
        return _reads(value.value, names)
    return isinstance(value, ir.Name) and value.id in names
