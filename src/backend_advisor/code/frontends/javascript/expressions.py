"""Expressions of JavaScript and TypeScript."""

from tree_sitter import Node

from backend_advisor.code.frontends.javascript.literals import string_value, text_parts
from backend_advisor.code.frontends.javascript.lowering import (
    DEEPEST,
    EXTRAS,
    Lowering,
    Unreadable,
    comment,
    lowers,
    too_deep,
)
from backend_advisor.code.frontends.javascript.types import stated_type
from backend_advisor.code.ir import (
    AssignExpr,
    Attr,
    Await,
    Call,
    Cast,
    Const,
    Expr,
    Index,
    Lambda,
    Mapping,
    Name,
    Sequence,
    Spread,
    Text,
    Yield,
)

_CHAINED = frozenset({"call_expression", "member_expression", "subscript_expression", "non_null_expression"})


@lowers(
    "identifier", "this", "super", "property_identifier", "private_property_identifier", "type_identifier",
    "shorthand_property_identifier", "shorthand_property_identifier_pattern", "statement_identifier",
)  # fmt: skip
def name(lowering: Lowering, node: Node) -> Expr:
    """A name."""
    start, end = node.start_byte, node.end_byte
    return Name(start, end, lowering.names[lowering.source[start:end]])


@lowers("parenthesized_expression", "instantiation_expression")
def inner(lowering: Lowering, node: Node) -> Expr:
    """What stands in parentheses."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    lowering.depth += 1
    children = node.named_children
    child = children[0] if len(children) == 1 else lowering.only(node)
    made = lowering.expressions[child.kind_id](lowering, child)
    lowering.depth -= 1
    return made


@lowers("member_expression", "nested_identifier")
def member(lowering: Lowering, node: Node) -> Expr:
    """`a.b`, `a?.b`, `a.#b`; what a CommonJS module has exported goes by a name of its own."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    lowering.depth += 1
    children = node.named_children
    if lowering.broken or len(children) > 2:
        children = lowering.parts(node)
        if len(children) < 2:
            raise Unreadable
    holder, last = children[0], children[-1]
    value = lowering.expressions[holder.kind_id](lowering, holder)
    lowering.depth -= 1
    end = last.end_byte
    attribute = lowering.names[lowering.source[last.start_byte : end]]
    if is_exports(value):
        return Name(value.start, end, lowering.exported.get(attribute, f"exports.{attribute}"))
    made = Attr(value.start, end, value, attribute)
    return made if not lowering.awaits else _awaited(lowering, node, made)


def is_exports(value: Expr) -> bool:
    """Whether an expression is the module's object of exports."""
    if type(value) is Name:
        return value.id == "exports"
    return type(value) is Attr and value.name == "exports" and type(value.value) is Name and value.value.id == "module"


@lowers("meta_property")
def meta(lowering: Lowering, node: Node) -> Expr:
    """`import.meta`, `new.target`."""
    start, end = node.start_byte, node.end_byte
    word, _, last = lowering.decoded(start, end).partition(".")
    return Attr(start, end, Name(start, start + len(word), word.strip()), last.strip())


@lowers("subscript_expression")
def subscript(lowering: Lowering, node: Node) -> Expr:
    """`a[b]`, `a?.[b]`."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    lowering.depth += 1
    children = node.named_children
    if len(children) > 2 or lowering.broken:
        children = [child for child in lowering.parts(node) if lowering.kinds[child.kind_id] != "optional_chain"]
    if len(children) != 2:
        raise Unreadable
    holder, key = children
    held = lowering.lower(holder)
    begun, lowering.awaits = lowering.awaits, 0
    made = Index(node.start_byte, node.end_byte, held, lowering.lower(key))
    lowering.awaits = begun
    lowering.depth -= 1
    return made if not lowering.awaits else _awaited(lowering, node, made)


@lowers("call_expression")
def call(lowering: Lowering, node: Node) -> Expr:
    """A call, also by `?.()`; a tagged template; `require` and `import` of a known module are its name."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    children = node.named_children
    if lowering.broken:
        children = lowering.parts(node)
    function, arguments = children[0], children[-1]
    kinds = lowering.kinds
    if kinds[arguments.kind_id] != "arguments":
        return _tagged(lowering, node, function, arguments)
    start, end = node.start_byte, node.end_byte
    kind = kinds[function.kind_id]
    if kind == "import" or (kind == "identifier" and lowering.source.startswith(b"require", function.start_byte)):
        module = _required(lowering, function, arguments)
        if module is not None:
            return lowering.imported(module, node)
    lowering.depth += 1
    table = lowering.expressions
    callee = table[function.kind_id](lowering, function)
    given = arguments.named_children
    for argument in given:
        if kinds[argument.kind_id] in EXTRAS:
            given = lowering.parts(arguments)
            break
    begun, lowering.awaits = lowering.awaits, 0
    made = Call(start, end, callee, [table[argument.kind_id](lowering, argument) for argument in given])
    lowering.awaits = begun
    lowering.depth -= 1
    if kind == "await_expression" and isinstance(callee, Await):
        # The grammar binds `await f<T>(x).g()` as `(await f)<T>(x).g()`: what is awaited is all of it.
        made.func = callee.value
        lowering.awaits += 1
    return made if not lowering.awaits else _awaited(lowering, node, made)


def _awaited(lowering: Lowering, node: Node, made: Expr) -> Expr:
    """The end of a chain that an `await` at its beginning is meant for."""
    if not lowering.awaits or _goes_on(lowering, node):
        return made
    lowering.awaits -= 1
    return Await(made.start, made.end, made)


def _goes_on(lowering: Lowering, node: Node) -> bool:
    parent = node.parent
    return parent is not None and lowering.kinds[parent.kind_id] in _CHAINED and parent.named_child(0) == node


def _required(lowering: Lowering, function: Node, arguments: Node) -> str | None:
    """The module that `require("x")` or `import("x")` loads, None when it is computed or not that call."""
    if lowering.source[function.start_byte : function.end_byte] not in (b"require", b"import"):
        return None
    given = lowering.parts(arguments)
    if given and lowering.kinds[given[0].kind_id] in ("string", "template_string"):
        if any(lowering.kinds[part.kind_id] == "template_substitution" for part in given[0].named_children):
            return None
        return string_value(lowering, given[0])
    return None


@lowers("import")
def dynamic_import(_lowering: Lowering, node: Node) -> Expr:
    """The `import` of a computed module."""
    return Name(node.start_byte, node.end_byte, "import")


def _tagged(lowering: Lowering, node: Node, function: Node, text: Node) -> Expr:
    if lowering.kinds[text.kind_id] != "template_string":
        raise Unreadable
    lowering.depth += 1
    tag = lowering.lower(function)
    made = Text(node.start_byte, node.end_byte, text_parts(lowering, text), tag)
    lowering.depth -= 1
    return made


@lowers("new_expression")
def new(lowering: Lowering, node: Node) -> Expr:
    """`new A(…)`, also without parentheses."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    lowering.depth += 1
    children = lowering.parts(node)
    if not children:
        raise Unreadable
    given: list[Expr] = []
    if lowering.kinds[children[-1].kind_id] == "arguments":
        given = lowering.lower_all(lowering.parts(children[-1]))
    made = Call(node.start_byte, node.end_byte, lowering.lower(children[0]), given, new=True)
    lowering.depth -= 1
    return made


@lowers("await_expression")
def awaited(lowering: Lowering, node: Node) -> Expr:
    """`await a`."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    lowering.depth += 1
    child = lowering.only(node)
    made = Await(node.start_byte, node.end_byte, lowering.expressions[child.kind_id](lowering, child))
    lowering.depth -= 1
    return made


@lowers("yield_expression")
def yielded(lowering: Lowering, node: Node) -> Expr:
    """`yield`, `yield a`, `yield* a`."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    lowering.depth += 1
    children = lowering.parts(node)
    made = Yield(node.start_byte, node.end_byte, lowering.lower(children[0]) if children else None)
    lowering.depth -= 1
    return made


@lowers("spread_element", "rest_pattern")
def spread(lowering: Lowering, node: Node) -> Expr:
    """`...a`."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    lowering.depth += 1
    made = Spread(node.start_byte, node.end_byte, lowering.lower(lowering.only(node)))
    lowering.depth -= 1
    return made


@lowers("sequence_expression")
def sequence(lowering: Lowering, node: Node) -> Expr:
    """`a, b`: the last of a row that is evaluated."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    start, end = node.start_byte, node.end_byte
    lowering.depth += 1
    items = lowering.lower_all(flat_sequence(lowering, node))
    lowering.depth -= 1
    return Index(start, end, Sequence(start, end, "list", items), Const(end, end, len(items) - 1))


def flat_sequence(lowering: Lowering, node: Node) -> list[Node]:
    """The expressions of `a, b, c`, however the grammar nests them."""
    found: list[Node] = []
    left = [node]
    while left:
        one = left.pop()
        if lowering.kinds[one.kind_id] == "sequence_expression":
            left += reversed(lowering.parts(one))
        else:
            found.append(one)
    return found


@lowers("array")
def array(lowering: Lowering, node: Node) -> Expr:
    """`[a, , ...b]`; a hole is undefined."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    lowering.depth += 1
    items = items_of(lowering, node)
    lowering.depth -= 1
    return Sequence(node.start_byte, node.end_byte, "list", items)


def items_of(lowering: Lowering, node: Node) -> list[Expr]:
    """The items of an array or array pattern; one that leaves some out has as many commas as items."""
    items = node.named_child_count
    if node.child_count - items - 2 >= items > 0:
        return _with_holes(lowering, node)
    return lowering.lower_all(node.named_children)


def _with_holes(lowering: Lowering, node: Node) -> list[Expr]:
    items: list[Expr] = []
    is_open = True
    for child in node.children[1:-1]:
        if child.is_named:
            if lowering.kinds[child.kind_id] in EXTRAS:
                comment(lowering, child)
                continue
            items.append(lowering.lower(child))
            is_open = False
        elif is_open:
            items.append(Const(child.start_byte, child.start_byte, None))
        else:
            is_open = True
    return items


@lowers("object")
def mapping(lowering: Lowering, node: Node) -> Expr:
    """An object literal."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    lowering.depth += 1
    pairs: list[tuple[Expr | None, Expr]] = []
    table, kinds = lowering.expressions, lowering.kinds
    for child in node.named_children:
        kind = kinds[child.kind_id]
        if kind == "pair":
            children = lowering.exactly(child, 2)
            key, value = children
            pairs.append((property_key(lowering, key), table[value.kind_id](lowering, value)))
        elif kind == "shorthand_property_identifier":
            start, end = child.start_byte, child.end_byte
            word = lowering.names[lowering.source[start:end]]
            pairs.append((Const(start, end, word), Name(start, end, word)))
        elif kind == "spread_element":
            pairs.append((None, lowering.lower(lowering.only(child))))
        elif kind == "method_definition":
            made = table[child.kind_id](lowering, child)
            if type(made) is Lambda:
                pairs.append((Const(made.start, made.start, made.function.name), made))
        elif kind in EXTRAS:
            comment(lowering, child)
        elif kind == "object_assignment_pattern":
            pairs.append(assigned_shorthand(lowering, child))
    lowering.depth -= 1
    return Mapping(node.start_byte, node.end_byte, pairs)


def assigned_shorthand(lowering: Lowering, node: Node) -> tuple[Expr | None, Expr]:
    """`{a = 1}` in a pattern."""
    target, default = lowering.exactly(node, 2)
    made = AssignExpr(node.start_byte, node.end_byte, lowering.lower(target), lowering.lower(default))
    return Const(target.start_byte, target.end_byte, lowering.text(target)), made


def property_key(lowering: Lowering, node: Node) -> Expr:
    """The key of a property as an expression."""
    kind = lowering.kinds[node.kind_id]
    start, end = node.start_byte, node.end_byte
    if kind in {"property_identifier", "private_property_identifier"}:
        return Const(start, end, lowering.names[lowering.source[start:end]])
    if kind == "computed_property_name":
        return lowering.lower(lowering.only(node))
    return lowering.lower(node)


@lowers("as_expression", "satisfies_expression")
def stated(lowering: Lowering, node: Node) -> Expr:
    """`a as T`, `a satisfies T`."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    lowering.depth += 1
    children = lowering.parts(node)
    if not children:
        raise Unreadable
    kind = stated_type(lowering, children[1]) if len(children) > 1 else None
    made = Cast(node.start_byte, node.end_byte, lowering.lower(children[0]), kind)
    lowering.depth -= 1
    return made


@lowers("type_assertion")
def asserted(lowering: Lowering, node: Node) -> Expr:
    """`<T> a`."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    lowering.depth += 1
    arguments, value = lowering.exactly(node, 2)
    kinds = lowering.parts(arguments)
    kind = stated_type(lowering, kinds[0]) if kinds else None
    made = Cast(node.start_byte, node.end_byte, lowering.lower(value), kind)
    lowering.depth -= 1
    return made


@lowers("non_null_expression")
def non_null(lowering: Lowering, node: Node) -> Expr:
    """`a!` says nothing of the type but that there is a value: the value itself."""
    return inner(lowering, node)
