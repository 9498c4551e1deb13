"""Functions and methods that every program has: those of strings, collections and text builders."""

from backend_advisor.code import ir
from backend_advisor.code.assignment import UNNAMED, write_back
from backend_advisor.code.callbacks import higher_order, over_given
from backend_advisor.code.containers import container_method, holds_elements, is_container
from backend_advisor.code.documents import parsed
from backend_advisor.code.enumerations import all_constants, overrides
from backend_advisor.code.folding import fold_function, fold_method
from backend_advisor.code.joiners import filled, joined_at_once, joined_by, joined_parts, joiner
from backend_advisor.code.listed_keys import keeps_listed
from backend_advisor.code.markup import BETWEEN_TAGS, NO_QUOTES, placed
from backend_advisor.code.operations import in_template, template_parts
from backend_advisor.code.patterns import cleared_by_escaping, cleared_by_removal, is_plain
from backend_advisor.code.prototypes import BARE, is_bare
from backend_advisor.code.run import Run
from backend_advisor.code.settings import loaded, of_setting
from backend_advisor.code.site import Site
from backend_advisor.code.spelling import spelt
from backend_advisor.code.taints import ALL, merge_taints
from backend_advisor.code.values import (
    UNKNOWN,
    Value,
    all_taints,
    cleaned,
    constant,
    element,
    joined_text,
    known_text,
    with_field,
    words,
)

_AS_TEXT = frozenset({"str", "String", "java.lang.String.valueOf"})
_BUILDERS = frozenset({"java.lang.StringBuilder", "java.lang.StringBuffer", "io.StringIO", "java.io.StringWriter"})
_REPLACED = {
    "'": ("xpath.text",),
    "\n": ("log.text", "header.value", "header.name", "mail.header"),
    "\r": ("log.text", "header.value", "header.name", "mail.header"),
    "\r\n": ("log.text", "header.value", "header.name", "mail.header"),
    "<": (BETWEEN_TAGS,),
    '"': (NO_QUOTES,),
    "/": ("path.file", "path.entry"),
}
"""Characters without which data cannot leave its place in a text of these roles."""
_JOINER = "java.util.StringJoiner"
_WRITES = frozenset(["append", "insert", "replace", "write", "print", "println", "printf"])
_FORMATTERS = frozenset({"format", "String.format", "java.lang.String.format", "formatted", "util.format"})
_LETTERS = frozenset({"hex", "base64url"})
"""Encodings of Node's buffers that leave letters, digits, `-` and `_`."""
_SAME_DATA = frozenset(
    ["toString", "strip", "trim", "lower", "upper", "toLowerCase", "toUpperCase", "encode", "decode"]
)
_READING = frozenset({"javascript", "typescript"})
_READS = frozenset({"get", "getOrDefault"})
_QUESTIONS = frozenset(
    "length size count indexOf isEmpty hashCode find startswith endswith startsWith endsWith equals".split()
)


def builtin(run: Run, site: Site, known: bool) -> Value | None:
    """What a function of the language itself gives, or None. `known`: the call means something else too."""
    receiver = site.receiver
    if run.language in _READING and (held := parsed(run, site)) is not None:
        return held
    if receiver is None:
        return over_given(run, site) or _spelt(run, site) or _function(site, known)
    made = _mapping_made(site, receiver) or of_setting(site) or joined_at_once(site, receiver)
    if made is not None:
        return made
    after = loaded(run, site)
    if after is not None and site.receiver_expr is not None:
        write_back(run, site.receiver_expr, after, site.env)
        return UNKNOWN
    if run.language == "java" and (constants := all_constants(run, site, receiver)) is not None:
        return constants
    found = _text_method(site, receiver) if receiver.consts and not overrides(run, receiver, site.name) else None
    if found is not None:
        return found
    if site.name == "join" and "list" in receiver.types and receiver.fields and receiver.rest is None:
        return joined_parts(receiver.fields.values(), site.args[0] if site.args else constant(","))
    if receiver.types & _BUILDERS:
        return _builder(run, site, receiver)
    if _JOINER in receiver.types:
        return joined_by(run, site, receiver)
    if receiver.name in _FORMATTERS or f"{receiver.name or ''}.{site.name}" in _FORMATTERS:
        return _formatted(site.args[0] if site.args else UNKNOWN, [*site.args[1:], *site.keywords.values()])
    if site.name in ("replace", "replaceAll") and len(site.args) >= 2 and receiver.taints and not receiver.fields:
        return _replaced(run, site, receiver)
    return (
        higher_order(run, site)
        or _of_container(run, site, receiver, known)
        or (None if known else _plain(site, receiver))
    )


def _mapping_made(site: Site, receiver: Value) -> Value | None:
    """What `Object.create(null)` and `Object.fromEntries(pairs)` make."""
    if is_bare(receiver, site.name, site.args):
        return Value(types=frozenset({"dict", BARE}), fields={})
    if site.name == "fromEntries" and receiver.name == "Object" and site.args:
        made = site.args[0] if "dict" in site.args[0].types else _pairs(site.args[0])
        return cleaned(made if made is not None else site.args[0], UNNAMED) if keeps_listed(site.node) else made
    return None


def _spelt(run: Run, site: Site) -> Value | None:
    """`str(criteria)` and `String(criteria)`, where its class says what it is as text."""
    if site.name not in _AS_TEXT or len(site.args) != 1:
        return None
    said = spelt(run, site.args[0])
    return said if said is not site.args[0] else None


def _function(site: Site, known: bool) -> Value | None:
    if site.name == _JOINER:
        return joiner(site)
    if site.name == "enumerate" and site.args and "dict" not in site.args[0].types:
        # The places are numbers, whatever the elements are.
        pair = Value(types=frozenset({"tuple"}), fields={0: UNKNOWN, 1: element(site.args[0])})
        return Value(types=frozenset({"list"}), rest=pair)
    consts = fold_function(site.name, site.args)
    if consts is None:
        return _constructed(site) if not known or holds_elements(site.name) else None
    taints = merge_taints(*(arg.taints for arg in site.args)) if site.name == "str" else {}
    return Value(taints, consts)


def _of_container(run: Run, site: Site, receiver: Value, known: bool) -> Value | None:
    if receiver.types & run.machine.program.classes.keys():
        return None
    if known and receiver.types and not any(holds_elements(kind) for kind in receiver.types):
        return None  # an object of a framework of which some settings are known
    if not is_container(receiver):
        # What is in the collection is not known; it does not come from the key.
        if site.name not in _READS or not any(holds_elements(kind) for kind in receiver.types):
            return None
        return Value(merge_taints(receiver.taints, *(all_taints(default, 2) for default in site.args[1:])))
    if receiver.fields and site.name in receiver.fields and receiver.fields[site.name].refs:
        return None
    outcome = container_method(site.name, receiver, site.args)
    if outcome is None:
        return None
    if outcome.after is not None and site.receiver_expr is not None:
        write_back(run, site.receiver_expr, outcome.after, site.env)
    return outcome.result


def _plain(site: Site, receiver: Value) -> Value | None:
    if site.name == "toString" and site.args and site.args[0].consts and set(site.args[0].consts) <= _LETTERS:
        return Value(all_taints(cleaned(receiver, (ALL,)), 2), types=frozenset({"str"}))
    if site.name in _SAME_DATA:
        return Value(all_taints(receiver, 2), types=frozenset({"str"}))
    return UNKNOWN if site.name in _QUESTIONS else None


def _is_plain(replacement: Value) -> bool:
    """Whether what is put in does no harm itself."""
    said = words(replacement)
    return said is not None and all(map(is_plain, said)) and not replacement.name


def _everywhere(pattern: Value) -> bool:
    """Whether a regular expression of JavaScript has the flag `g`."""
    flags = words((pattern.fields or {}).get("(flags)", UNKNOWN))
    return flags is not None and all("g" in one for one in flags)


def _replaced(run: Run, site: Site, receiver: Value) -> Value:
    """Text with some characters exchanged: safe where only those could do harm."""
    stored = (site.args[0].fields or {}).get("(pattern)")
    only = words(stored if stored is not None else site.args[0])
    safe: tuple[str, ...] = ()
    if only is None or len(only) > 1:
        pass
    elif stored is not None or (site.name == "replaceAll" and run.language == "java"):
        if _is_plain(site.args[1]) and (stored is None or _everywhere(site.args[0])):
            safe = cleared_by_removal(only[0])
        elif stored is None or _everywhere(site.args[0]):
            safe = cleared_by_escaping(only[0], (words(site.args[1]) or ("",))[0])
    elif site.name == "replaceAll" or run.language not in ("javascript", "typescript"):
        # A string given to JavaScript's `replace` is exchanged once.
        safe = _REPLACED.get(only[0], ())
    if ALL in safe:
        return Value(all_taints(site.args[1], 1), types=frozenset({"str"}))
    taints = {taint.clean(safe): trail for taint, trail in receiver.taints.items()} if safe else receiver.taints
    return Value(merge_taints(taints, all_taints(site.args[1], 1)), types=frozenset({"str"}))


def _text_method(site: Site, receiver: Value) -> Value | None:
    if site.name in ("format", "formatted") and isinstance((receiver.consts or (None,))[0], str):
        return _formatted(receiver, [*site.args, *site.keywords.values()])
    if site.name == "join" and site.args:
        inner = site.args[0]
        items = inner.fields
        if items is not None and inner.rest is None:
            return joined_parts(items.values(), receiver)
        return Value(all_taints(inner), types=frozenset({"str"}))
    consts = fold_method(site.name, receiver, site.args)
    if consts is not None:
        return Value(merge_taints(receiver.taints, *(arg.taints for arg in site.args)), consts)
    return None


def _formatted(template: Value, args: list[Value]) -> Value:
    args = in_template(template, args)
    if (whole := filled(template, args)) is not None:
        return whole
    taints = merge_taints(*(all_taints(arg, 3) for arg in (template, *args)))
    if template.consts and len(template.consts) == 1 and isinstance(template.consts[0], str):
        return Value(taints, types=frozenset({"str"}), text=template_parts(template.consts[0]))
    return Value(taints, types=frozenset({"str"}))


def _builder(run: Run, site: Site, receiver: Value) -> Value | None:
    if site.name in _WRITES and site.args:
        text = known_text(receiver) if receiver.text is not None else ()
        made = receiver.but(
            taints=merge_taints(receiver.taints, all_taints(placed(text, site.args[-1]), 2)),
            text=joined_text((text, known_text(site.args[-1])))
            if site.name in ("append", "write", "print")
            else (None,),
        )
        if site.receiver_expr is not None:
            write_back(run, _root(site.receiver_expr), made, site.env)
            _write_through(run, receiver, made, site)
        return made
    if site.name == "setLength" and site.args and site.args[0].consts == (0,) and site.receiver_expr is not None:
        write_back(run, _root(site.receiver_expr), receiver.but(taints={}, text=()), site.env)
        return UNKNOWN
    if site.name in ("toString", "getvalue"):
        return Value(receiver.taints, types=frozenset({"str"}), text=receiver.text)
    return receiver.but(text=(None,)) if site.name in ("reverse", "substring", "deleteCharAt", "setLength") else None


def _write_through(run: Run, receiver: Value, made: Value, site: Site) -> None:
    """What a writer around another writes stands in that one: `new PrintWriter(text)`."""
    made_by = receiver.guard
    inner = made_by.args[0] if isinstance(made_by, ir.Call) and made_by.new and made_by.args else None
    if isinstance(made_by, ir.Call) and isinstance(inner, ir.Name) and _last(made_by.func).endswith("Writer"):
        write_back(run, inner, made.but(guard=None), site.env)


def _last(expression: ir.Expr) -> str:
    return getattr(expression, "id", "") or getattr(expression, "name", "")


def _root(expression: ir.Expr) -> ir.Expr:
    """What a chain of calls such as `sb.append(a).append(b)` is made on."""
    while isinstance(expression, ir.Call) and isinstance(expression.func, ir.Attr):
        expression = expression.func.value
    return expression


def _pairs(items: Value) -> Value | None:
    """A map made of a list of its keys with their values; None where they are not known."""
    parts = [*(items.fields or {}).values(), *([items.rest] if items.rest is not None else [])]
    if not parts or not all(part.fields and 0 in part.fields and 1 in part.fields for part in parts):
        return None
    made = Value(types=frozenset({"dict"}), fields={})
    for part in parts:
        key = (part.fields or {})[0]
        only = key.consts[0] if key.consts and len(key.consts) == 1 else None
        value = (part.fields or {})[1]
        if not isinstance(only, str | int):
            only, value = None, cleaned(value, UNNAMED, 0)  # the data of the keys says whether a client names them
        made = with_field(made, only, value)
        made = made.but(taints=merge_taints(made.taints, key.taints))
    return made


def _constructed(site: Site) -> Value | None:
    short = site.name
    if short in _BUILDERS:
        text = known_text(site.args[0]) if site.args and isinstance((site.args[0].consts or (0,))[0], str) else ()
        taints = all_taints(site.args[0], 1) if site.args else {}
        return Value(taints, types=frozenset({short}), text=text)
    if not holds_elements(short):
        return None
    kind = {
        "list": "list",
        "dict": "dict",
        "set": "set",
        "tuple": "tuple",
        "Array": "list",
        "Set": "set",
        "Map": "dict",
    }.get(short, short)
    types = frozenset({kind})
    if not site.args:
        return (
            Value(types=types, fields=dict(site.keywords.items()))
            if not site.unpacked
            else Value(types=types, rest=site.unpacked)
        )
    first = site.args[0]
    if kind == "dict" and (pairs := _pairs(first)) is not None:
        return pairs
    if is_container(first):
        return first.but(types=types, consts=None)
    if first.consts and isinstance(first.consts[0], int):
        return Value(types=types, fields={})
    return (
        Value(all_taints(first), types=types, fields=dict(site.keywords.items()))
        if first.taints
        else Value(types=types, fields={})
    )
