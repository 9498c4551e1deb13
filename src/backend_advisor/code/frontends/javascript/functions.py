"""Functions, their parameters, and destructuring patterns."""

from tree_sitter import Node

from backend_advisor.code.frontends.javascript.expressions import assigned_shorthand, items_of, property_key
from backend_advisor.code.frontends.javascript.lowering import (
    DEEPEST,
    EXTRAS,
    Lowering,
    Unreadable,
    comment,
    lowers,
    too_deep,
)
from backend_advisor.code.frontends.javascript.types import annotation
from backend_advisor.code.ir import (
    AssignExpr,
    Const,
    Expr,
    Function,
    Lambda,
    Mapping,
    Name,
    Param,
    Return,
    Sequence,
    Spread,
    Stmt,
)

_ANNOTATIONS = frozenset({"type_annotation", "type_predicate_annotation", "asserts_annotation"})
_MODIFIERS = (b"static", b"get", b"set", b"abstract", b"override", b"readonly", b"private", b"protected", b"public")


@lowers("arrow_function")
def arrow(lowering: Lowering, node: Node) -> Expr:
    """`(a) => b`, `a => { … }`."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    children = lowering.parts(node) if lowering.broken else node.named_children
    start, end = node.start_byte, node.end_byte
    params: list[Param] = []
    returns = None
    first = children[0]
    header_end = first.end_byte
    kinds = lowering.kinds
    for child in children[:-1]:
        kind = kinds[child.kind_id]
        if kind == "formal_parameters":
            params = parameters(lowering, child)
            header_end = child.end_byte
        elif kind == "identifier":
            params = [Param(child.start_byte, child.end_byte, lowering.text(child))]
            header_end = child.end_byte
        elif kind in _ANNOTATIONS:
            returns = annotation(lowering, child)
            header_end = child.end_byte
        elif kind in EXTRAS:
            comment(lowering, child)
    last = children[-1]
    lowering.depth += 1
    body: list[Stmt]
    if kinds[last.kind_id] == "statement_block":
        body = block(lowering, last)
    else:
        body = [Return(last.start_byte, last.end_byte, lowering.expressions[last.kind_id](lowering, last))]
    lowering.depth -= 1
    is_async = first.start_byte > start and lowering.source.startswith(b"async", start)
    made = Function(start, end, "", params, body, [], returns, is_async, header_end=header_end)
    return Lambda(start, end, made)


def block(lowering: Lowering, node: Node) -> list[Stmt]:
    """The statements between braces."""
    out: list[Stmt] = []
    if lowering.depth >= DEEPEST:
        too_deep(lowering, node)
        return out
    lowering.depth += 1
    run_statements(lowering, node.named_children, out)
    lowering.depth -= 1
    return out


def run_statements(lowering: Lowering, nodes: list[Node], out: list[Stmt]) -> None:
    """Lower statements; in a file with errors, what cannot be read is left out and said."""
    table = lowering.statements
    if not lowering.broken:
        for node in nodes:
            table[node.kind_id](lowering, node, out)
        return
    for node in nodes:
        depth, before = lowering.depth, len(out)
        try:
            table[node.kind_id](lowering, node, out)
        except (Unreadable, IndexError, ValueError, KeyError, RecursionError):
            lowering.depth, lowering.awaits = depth, 0
            del out[before:]
            lowering.errors.append((node.start_byte, node.end_byte))


@lowers("function_expression", "generator_function")
def function_expression(lowering: Lowering, node: Node) -> Expr:
    """`function (a) { … }`."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    return Lambda(node.start_byte, node.end_byte, function(lowering, node))


def function(lowering: Lowering, node: Node) -> Function:
    """A function that has a header and a block."""
    start, end = node.start_byte, node.end_byte
    source, kinds = lowering.source, lowering.kinds
    made = Function(start, end, "", [], [], header_end=start)
    for child in node.named_children:
        kind = kinds[child.kind_id]
        if kind == "identifier":
            made.name = lowering.text(child)
        elif kind == "formal_parameters":
            head = source[start : child.start_byte].split(b"(")[0]
            made.is_async = head.startswith(b"async")
            made.is_generator = b"*" in head
            made.params = parameters(lowering, child)
            made.header_end = child.end_byte
        elif kind == "statement_block":
            lowering.depth += 1
            made.body = block(lowering, child)
            lowering.depth -= 1
        elif kind in _ANNOTATIONS:
            made.returns = annotation(lowering, child)
            made.header_end = child.end_byte
        elif kind in EXTRAS:
            comment(lowering, child)
    return made


@lowers("method_definition")
def object_method(lowering: Lowering, node: Node) -> Expr:
    """A method of an object literal."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    return Lambda(node.start_byte, node.end_byte, method(lowering, node))


_NAMES = frozenset({"property_identifier", "private_property_identifier", "string", "number", "computed_property_name"})


def method(lowering: Lowering, node: Node) -> Function:
    """A method, getter or setter; one without a body is abstract."""
    start = node.start_byte
    made = Function(start, node.end_byte, "", [], [], header_end=start)
    kinds = lowering.kinds
    words_from = start
    for child in node.named_children:
        kind = kinds[child.kind_id]
        if kind == "formal_parameters":
            made.params = parameters(lowering, child)
            made.header_end = child.end_byte
        elif kind == "statement_block":
            lowering.depth += 1
            made.body = block(lowering, child)
            lowering.depth -= 1
        elif kind == "decorator":
            made.decorators.append(lowering.lower(lowering.only(child)))
            words_from = child.end_byte
        elif kind in _ANNOTATIONS:
            made.returns = annotation(lowering, child)
            made.header_end = child.end_byte
        elif kind in EXTRAS:
            comment(lowering, child)
        elif kind in _NAMES:
            made.name = member_name(lowering, child)
            head = lowering.source[words_from : child.start_byte]
            if head:
                words = head.replace(b"*", b" * ").split()
                made.is_async = b"async" in words
                made.is_generator = b"*" in words
                made.modifiers = tuple(word.decode() for word in words if word in _MODIFIERS)
    return made


def member_name(lowering: Lowering, node: Node) -> str:
    """The name of a property or method; a computed one that is no constant keeps its brackets."""
    key = lowering.parts(node)[0] if lowering.kinds[node.kind_id] == "computed_property_name" else node
    if lowering.kinds[key.kind_id] in ("string", "number", "property_identifier"):
        value = property_key(lowering, key)
        return str(value.value) if type(value) is Const else ""
    return lowering.text(node)


def parameters(lowering: Lowering, node: Node) -> list[Param]:
    """The parameters between parentheses; TypeScript's `this` is none."""
    found: list[Param] = []
    kinds = lowering.kinds
    for child in node.named_children:
        kind = kinds[child.kind_id]
        if kind == "identifier":
            found.append(Param(child.start_byte, child.end_byte, lowering.text(child)))
        elif kind in {"required_parameter", "optional_parameter"}:
            made = _typed_parameter(lowering, child, len(found))
            if made.name != "this":
                found.append(made)
        elif kind in EXTRAS:
            comment(lowering, child)
        elif kind != "ERROR":
            made = Param(child.start_byte, child.end_byte, "")
            _name(lowering, made, child, len(found))
            found.append(made)
    return found


def _typed_parameter(lowering: Lowering, node: Node, number: int) -> Param:
    made = Param(node.start_byte, node.end_byte, "")
    kinds = lowering.kinds
    named = False
    for child in node.named_children:
        kind = kinds[child.kind_id]
        if kind == "type_annotation":
            made.type = annotation(lowering, child)
        elif kind == "decorator":
            made.decorators.append(lowering.lower(lowering.only(child)))
        elif kind in {"accessibility_modifier", "override_modifier"}:
            made.property = True
        elif kind in EXTRAS:
            comment(lowering, child)
        elif named:
            made.default = lowering.lower(child)
        else:
            _name(lowering, made, child, number)
            named = True
            before = lowering.source[node.start_byte : child.start_byte]
            made.property = made.property or b"readonly" in before.split()
    return made


def _name(lowering: Lowering, made: Param, node: Node, number: int) -> None:
    """Name a parameter by its pattern, as far as it has one."""
    kind = lowering.kinds[node.kind_id]
    if kind in {"identifier", "this"}:
        made.name = lowering.text(node)
    elif kind == "rest_pattern":
        made.kind = "rest"
        _name(lowering, made, lowering.only(node), number)
    elif kind == "assignment_pattern":
        target, default = lowering.exactly(node, 2)
        made.default = lowering.lower(default)
        _name(lowering, made, target, number)
    else:
        made.name = f"{{{number}}}"
        made.pattern = lowering.lower(node)


@lowers("object_pattern")
def object_pattern(lowering: Lowering, node: Node) -> Expr:
    """`{a, b: c, d = 1, ...e}` as a target."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    lowering.depth += 1
    pairs: list[tuple[Expr | None, Expr]] = []
    for child in node.named_children:
        kind = lowering.kinds[child.kind_id]
        start, end = child.start_byte, child.end_byte
        if kind == "shorthand_property_identifier_pattern":
            word = lowering.text(child)
            pairs.append((Const(start, end, word), Name(start, end, word)))
        elif kind == "pair_pattern":
            key, target = lowering.exactly(child, 2)
            pairs.append((property_key(lowering, key), lowering.lower(target)))
        elif kind == "object_assignment_pattern":
            pairs.append(assigned_shorthand(lowering, child))
        elif kind == "rest_pattern":
            pairs.append((None, lowering.lower(lowering.only(child))))
        elif kind in EXTRAS:
            comment(lowering, child)
    lowering.depth -= 1
    return Mapping(node.start_byte, node.end_byte, pairs)


@lowers("array_pattern")
def array_pattern(lowering: Lowering, node: Node) -> Expr:
    """`[a, , b = 1, ...c]` as a target."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    lowering.depth += 1
    items = items_of(lowering, node)
    lowering.depth -= 1
    return Sequence(node.start_byte, node.end_byte, "list", items)


@lowers("assignment_pattern")
def assignment_pattern(lowering: Lowering, node: Node) -> Expr:
    """`a = 1` in a pattern."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    lowering.depth += 1
    target, default = lowering.lower_all(lowering.exactly(node, 2))
    lowering.depth -= 1
    return AssignExpr(node.start_byte, node.end_byte, target, default)


def bound_names(target: Expr) -> list[Name]:
    """The names that a target binds, in order."""
    if isinstance(target, Name):
        return [target]
    if isinstance(target, Mapping):
        return [name for _, part in target.pairs for name in bound_names(part)]
    if isinstance(target, Sequence):
        return [name for part in target.items for name in bound_names(part)]
    if isinstance(target, AssignExpr):
        return bound_names(target.target)
    if isinstance(target, Spread):
        return bound_names(target.value)
    return []
