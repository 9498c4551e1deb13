"""Imports and exports, of ES modules and of CommonJS."""

import re

from tree_sitter import Node

from backend_advisor.code.frontends.javascript.expressions import is_exports
from backend_advisor.code.frontends.javascript.functions import bound_names
from backend_advisor.code.frontends.javascript.literals import string_value
from backend_advisor.code.frontends.javascript.lowering import (
    Lowering,
    Unreadable,
    lowers_statement,
)
from backend_advisor.code.ir import (
    Assign,
    AssignExpr,
    Attr,
    Call,
    Class,
    ClassExpr,
    Const,
    Define,
    Export,
    Expr,
    Import,
    Lambda,
    Mapping,
    Name,
    Stmt,
)

_EXPORTS = re.compile(
    rb"""(?:module\s*\.\s*)?exports(?:\s*\.\s*(?P<name>[\w$]+)|\s*\[\s*(?P<quote>['"])(?P<key>[^'"\\]+)(?P=quote)\s*\])?"""
)
_REQUIRE = "require:"


@lowers_statement("import_statement")
def import_statement(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """`import a, {b as c} from "x"` and the other forms."""
    kinds = lowering.kinds
    parts = lowering.parts(node)
    is_type = any(kinds[child.kind_id] == "type" and not child.is_named for child in node.children[1:2])
    if parts and kinds[parts[0].kind_id] == "import_require_clause":
        local, module = lowering.exactly(parts[0], 2)
        out.append(_import(node, lowering.text(local), string_value(lowering, module)))
        return
    sources = [part for part in parts if kinds[part.kind_id] == "string"]
    if not sources:
        raise Unreadable
    module_name = string_value(lowering, sources[0])
    if kinds[parts[0].kind_id] != "import_clause":
        lowering.imported(module_name, node)
        return
    for clause in lowering.parts(parts[0]):
        kind = kinds[clause.kind_id]
        if kind == "identifier":
            out.append(_import(clause, lowering.text(clause), module_name, "default", is_type))
        elif kind == "namespace_import":
            out.append(_import(clause, lowering.text(lowering.only(clause)), module_name, None, is_type))
        elif kind == "named_imports":
            for one in lowering.parts(clause):
                name, alias, only_type = _specifier(lowering, one)
                out.append(_import(one, alias, module_name, name, is_type or only_type))


def _import(node: Node, local: str, module: str, name: str | None = None, is_type: bool = False) -> Import:
    return Import(node.start_byte, node.end_byte, local, module, name, is_type)


def _specifier(lowering: Lowering, node: Node) -> tuple[str, str, bool]:
    """Name, alias and whether it is a type, of one name in braces."""
    kinds = lowering.kinds
    words: list[str] = []
    is_type = False
    for child in node.children:
        kind = kinds[child.kind_id]
        if kind == "type" and not child.is_named:
            is_type = True
        elif kind == "string":
            words.append(string_value(lowering, child))
        elif kind == "default" or (child.is_named and kind == "identifier"):
            words.append(lowering.text(child))
    if not words:
        raise Unreadable
    return words[0], words[-1], is_type


@lowers_statement("import_alias")
def import_alias(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """`import a = N.b`."""
    local, value = lowering.exactly(node, 2)
    target = Name(local.start_byte, local.end_byte, lowering.text(local))
    out.append(Assign(node.start_byte, node.end_byte, target, lowering.lower(value), declares="const"))


@lowers_statement("export_statement")
def export_statement(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """`export` in its forms: a declaration, names, another module's names, a default."""
    kinds = lowering.kinds
    tokens = {kinds[child.kind_id] for child in node.children if not child.is_named}
    decorators: list[Expr] = []
    rest: list[Node] = []
    for part in lowering.parts(node):
        if kinds[part.kind_id] == "decorator":
            decorators.append(lowering.lower(lowering.only(part)))
        else:
            rest.append(part)
    if not rest and "*" not in tokens:
        raise Unreadable
    if kinds[rest[-1].kind_id] == "string" and "default" not in tokens:
        _export_from(lowering, node, rest, "*" in tokens, "type" in tokens, out)
    elif kinds[rest[0].kind_id] == "export_clause":
        for one in lowering.parts(rest[0]):
            name, alias, _ = _specifier(lowering, one)
            start, end = one.start_byte, one.end_byte
            out.append(Export(start, end, alias, Name(start, end, name)))
    elif "=" in tokens:
        out.append(Export(node.start_byte, node.end_byte, None, lowering.lower(rest[0])))
    elif "namespace" not in tokens:
        _export_declaration(lowering, rest[0], "default" in tokens, decorators, out)


def _export_declaration(
    lowering: Lowering, node: Node, is_default: bool, decorators: list[Expr], out: list[Stmt]
) -> None:
    start, end = node.start_byte, node.end_byte
    kind = lowering.kinds[node.kind_id]
    if is_default and not kind.endswith("_declaration"):
        out.append(Export(start, end, "default", lowering.lower(node)))
        return
    made: list[Stmt] = []
    lowering.statements[node.kind_id](lowering, node, made)
    for statement in made:
        if isinstance(statement, Define):
            definition = statement.definition
            if isinstance(definition, Class):
                definition.decorators = decorators + definition.decorators
            if definition.name:
                out.append(statement)
                value: Expr = Name(start, start, definition.name)
            else:
                is_class = isinstance(definition, Class)
                value = ClassExpr(start, end, definition) if is_class else Lambda(start, end, definition)  # type: ignore[arg-type]
            out.append(Export(start, end, "default" if is_default else definition.name, value))
            continue
        out.append(statement)
        if isinstance(statement, Assign):
            for name in bound_names(statement.target):
                out.append(Export(name.start, name.end, name.id, Name(name.start, name.end, name.id)))
        elif isinstance(statement, Import):
            out.append(Export(start, end, statement.local, Name(start, end, statement.local)))


def _export_from(
    lowering: Lowering, node: Node, parts: list[Node], is_star: bool, is_type: bool, out: list[Stmt]
) -> None:
    """`export … from "x"`: imports under names that no program can write, and their exports."""
    module = string_value(lowering, parts[-1])
    start, end = node.start_byte, node.end_byte
    kind = lowering.kinds[parts[0].kind_id]
    if kind == "export_clause":
        for one in lowering.parts(parts[0]):
            name, alias, only_type = _specifier(lowering, one)
            local = f"{module}#{name}"
            out.append(_import(one, local, module, name, is_type or only_type))
            out.append(Export(one.start_byte, one.end_byte, alias, Name(one.start_byte, one.end_byte, local)))
    elif kind == "namespace_export" or is_star:
        name = lowering.text(lowering.only(parts[0])) if kind == "namespace_export" else "*"
        out.append(_import(node, f"{module}#*", module, None, is_type))
        out.append(Export(start, end, name, Name(start, end, f"{module}#*")))


def import_declaration(lowering: Lowering, target: Node, value: Node, word: str, out: list[Stmt]) -> bool:
    """`const a = require("x")`, `const {a} = require("x")`, `const a = require("x").b`: imports; else False."""
    if not lowering.source.startswith(b"require", value.start_byte):
        return False
    count = len(lowering.imports)
    made = lowering.lower(value)
    loaded, name = (made.value, made.name) if isinstance(made, Attr) else (made, None)
    binding = lowering.lower(target)
    if not (isinstance(loaded, Name) and loaded.id.startswith(_REQUIRE)):
        out.append(Assign(target.start_byte, value.end_byte, binding, made, declares=word))
        return True
    module = loaded.id.removeprefix(_REQUIRE)
    bound = [(binding, name)] if isinstance(binding, Name) else None
    if bound is None and name is None and isinstance(binding, Mapping):
        bound = _plain_names(binding)
    if bound is None:
        out.append(Assign(target.start_byte, value.end_byte, binding, made, declares=word))
        return True
    if len(lowering.imports) > count:
        lowering.imports.popitem()
    for one, key in bound:
        start = target.start_byte if one is binding else one.start
        out.append(Import(start, value.end_byte, one.id, module, key))
    return True


def _plain_names(pattern: Mapping) -> list[tuple[Name, str | None]] | None:
    """The names that a pattern without nesting, defaults and rest binds, with their keys."""
    found: list[tuple[Name, str | None]] = []
    for key, target in pattern.pairs:
        if not (isinstance(key, Const) and isinstance(key.value, str) and isinstance(target, Name)):
            return None
        found.append((target, key.value))
    return found


def assignment_statement(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """`a = b` and `a = b = c` as statements; those to `module.exports` are exports."""
    left, right = lowering.exactly(node, 2)
    if not _starts_exports(lowering, left) and lowering.kinds[right.kind_id] != "assignment_expression":
        table = lowering.expressions
        target, value = table[left.kind_id](lowering, left), table[right.kind_id](lowering, right)
        out.append(Assign(node.start_byte, node.end_byte, target, value))
        return
    targets, value_node = chain(lowering, node)
    if not any(exported_name(lowering, one) is not None for one in targets):
        made = lowering.lower(node)
        if isinstance(made, AssignExpr):
            out.append(Assign(made.start, made.end, made.target, made.value))
        return
    export_chain(lowering, targets, value_node, None, out)


def _starts_exports(lowering: Lowering, node: Node) -> bool:
    return lowering.source.startswith((b"exports", b"module"), node.start_byte)


def chain(lowering: Lowering, node: Node) -> tuple[list[Node], Node]:
    """The targets of `a = b = c` in order, and the value."""
    targets: list[Node] = []
    while lowering.kinds[node.kind_id] == "assignment_expression":
        left, node = lowering.exactly(node, 2)
        targets.append(left)
    return targets, node


def exported_name(lowering: Lowering, node: Node) -> str | None:
    """The name that an assignment to this target exports: "" for the module itself, None when it exports nothing."""
    if not _starts_exports(lowering, node):
        return None
    found = _EXPORTS.fullmatch(lowering.source[node.start_byte : node.end_byte])
    if found is None:
        return None
    return (found["name"] or found["key"] or b"").decode("utf-8", "replace")


def export_chain(
    lowering: Lowering, targets: list[Node], value_node: Node, declared: Name | None, out: list[Stmt]
) -> None:
    """`exports = module.exports = a`: the value once, and an export for each name it goes by."""
    start, end = targets[0].start_byte, value_node.end_byte
    names = [(one, exported_name(lowering, one)) for one in targets]
    value = lowering.lower(value_node)
    holder = declared
    for node, name in names:
        if name is None:
            target = lowering.lower(node)
            out.append(Assign(start, end, target, holder or value))
            holder = holder or (target if isinstance(target, Name) else None)
    words = list(dict.fromkeys(name or None for _, name in names if name is not None))
    for word in words:
        if holder is None and not isinstance(value, Name) and word is not None:
            holder = Name(start, start, f"exports.{word}")
            out.append(Assign(start, end, holder, value, declares="const"))
        if word is not None:
            known = holder or value
            lowering.exported[word] = known.id if isinstance(known, Name) else f"exports.{word}"
    for word in words:
        out.append(Export(start, end, word, holder or value))


def export_call(made: Expr, out: list[Stmt]) -> bool:
    """`Object.assign(module.exports, {…})`: exports; else False."""
    if not (isinstance(made, Call) and isinstance(made.func, Attr) and made.func.name == "assign" and made.args):
        return False
    if not is_exports(made.args[0]):
        return False
    for given in made.args[1:]:
        if not isinstance(given, Mapping):
            out.append(Export(given.start, given.end, "*", given))
            continue
        for key, value in given.pairs:
            if key is None:
                out.append(Export(value.start, value.end, "*", value))
            elif isinstance(key, Const) and isinstance(key.value, str):
                out.append(Export(value.start, value.end, key.value, value))
    return True
