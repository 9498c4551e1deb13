"""Small sources of Python and the tree that each becomes."""

import ast
import dataclasses
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend_advisor.code import ir
from backend_advisor.code.frontends.python import lower

_PLACES = {"start", "end", "header_end"}


def shape(made: object) -> str:
    """A tree as text: fields that are empty are left out."""
    if isinstance(made, ir.Name):
        return made.id
    if isinstance(made, ir.Const):
        return repr(made.value)
    if dataclasses.is_dataclass(made):
        fields = [(one.name, getattr(made, one.name)) for one in dataclasses.fields(made) if one.name not in _PLACES]
        told = [f"{name}={shape(value)}" for name, value in fields if value not in (None, False, "", [], ())]
        return f"{type(made).__name__}({', '.join(told)})"
    if isinstance(made, list | tuple):
        return f"[{', '.join(shape(one) for one in made)}]"
    return str(made)


def walk(made: object, seen: set[int]) -> Iterator[object]:
    """Every node once; a node that two parents share counts once."""
    if isinstance(made, list | tuple):
        for one in made:
            yield from walk(one, seen)
    elif dataclasses.is_dataclass(made) and id(made) not in seen:
        seen.add(id(made))
        yield made
        for one in dataclasses.fields(made):
            yield from walk(getattr(made, one.name), seen)


EXPRESSIONS = {
    "a.b.c": "Attr(value=Attr(value=a, name=b), name=c)",
    "f(a, *b, c=1, **d)": "Call(func=f, args=[a, Spread(value=b)], keywords=[[c, 1], [**, d]])",
    "f(x for x in y)": "Call(func=f, args=[Comprehension(kind=generator, element=x, clauses=[[x, y, []]])])",
    "a[1:2, ::3]": "Index(value=a, key=Sequence(kind=tuple, items=[Slice(low=1, high=2), Slice(step=3)]))",
    "a[b]": "Index(value=a, key=b)",
    "a < b not in c": "Logic(op=and, operands=[Binary(op=<, left=a, right=b), Binary(op=not in, left=b, right=c)])",
    "a is not b": "Binary(op=is not, left=a, right=b)",
    "a and b and c or d": "Logic(op=or, operands=[Logic(op=and, operands=[a, b, c]), d])",
    "not a": "Unary(op=not, operand=a)",
    "-1": "Unary(op=-, operand=1)",
    "a + b * c": "Binary(op=+, left=a, right=Binary(op=*, left=b, right=c))",
    "a if b else c": "Conditional(test=b, then=a, otherwise=c)",
    "(y := 1)": "AssignExpr(target=y, value=1)",
    "[1, *a]": "Sequence(kind=list, items=[1, Spread(value=a)])",
    "(1,)": "Sequence(kind=tuple, items=[1])",
    "{1, 2}": "Sequence(kind=set, items=[1, 2])",
    "{**a, 'b': 1}": "Mapping(pairs=[[None, a], ['b', 1]])",
    "{k: v for k, v in a if k}": (
        "Comprehension(kind=dict, key=k, element=v, clauses=[[Sequence(kind=tuple, items=[k, v]), a, [k]]])"
    ),
    "[a async for b in c if d for e in f]": (
        "Comprehension(kind=list, element=a, clauses=[[b, c, [d]], [e, f, []]], is_async=True)"
    ),
    "lambda a, *b, c=1: a": (
        "Lambda(function=Function(params=[Param(name=a, kind=normal), Param(name=b, kind=rest), "
        "Param(name=c, default=1, kind=keyword)], body=[Return(value=a)]))"
    ),
    "await a": "Await(value=a)",
    "...": "Ellipsis",
    "0x1F": "31",
    "1_000": "1000",
    "0o17": "15",
    "1e3": "1000.0",
    "2j": "Opaque()",
    "True": "True",
    "None": "None",
    "'a' \"b\" '''c'''": "'abc'",
    r"'\x41\u00e9\101\N{BULLET}\n\q'": r"'AéA•\n\\q'",
    r"r'\d'": r"'\\d'",
    r"b'\x00\xff'": r"b'\x00\xff'",
    "'한글'": "'한글'",
    "''": "''",
    "'''it's'''": '"it\'s"',
    "f'a{b}c'": "Text(parts=['a', b, 'c'])",
    "f'{{}}{a[\"x\"]}'": "Text(parts=['{}', Index(value=a, key='x')])",
    "f'{a!r:>{w}}'": "Text(parts=[Call(func=format, args=[Call(func=repr, args=[a]), Text(parts=['>', w])])])",
    "f'{a=}'": "Text(parts=['a=', Call(func=repr, args=[a])])",
    "f'{a:%Y-%m}'": "Text(parts=[Call(func=format, args=[a, '%Y-%m'])])",
    "f'{f'{a}'}'": "Text(parts=[Text(parts=[a])])",
    "'a' f'{b}' 'c'": "Text(parts=['a', b, 'c'])",
}


@pytest.mark.parametrize(("source", "expected"), EXPRESSIONS.items(), ids=EXPRESSIONS)
def test_expressions(source: str, expected: str) -> None:
    (statement,) = lower(source.encode(), "a.py").body
    assert isinstance(statement, ir.Do)
    assert shape(statement.value) == expected


STATEMENTS = {
    "a = b = f()": "Assign(target=a, value=AssignExpr(target=b, value=Call(func=f)))",
    "a, *b = c": "Assign(target=Sequence(kind=tuple, items=[a, Spread(value=b)]), value=c)",
    "a.b[c] += 1": "Assign(target=Index(value=Attr(value=a, name=b), key=c), value=1, op=+)",
    "a: int | None = 1": "Assign(target=a, value=1, type=Type(name=|, args=[Type(name=int), Type(name=None)]))",
    "a: Optional[b.C]": "Assign(target=a, type=Type(name=Optional, args=[Type(name=b.C)]))",
    "a: 'list[b.C] | None'": (
        "Assign(target=a, type=Type(name=|, args=[Type(name=list, args=[Type(name=b.C)]), Type(name=None)]))"
    ),
    "a: Literal['x', 1]": "Assign(target=a, type=Type(name=Literal, metadata=['x', 1]))",
    "a: Callable[[int], str]": (
        "Assign(target=a, type=Type(name=Callable, args=[Type(args=[Type(name=int)]), Type(name=str)]))"
    ),
    "del a, b[1]": "Do(value=Unary(op=delete, operand=a))|Do(value=Unary(op=delete, operand=Index(value=b, key=1)))",
    "assert a, 'b'": "Assert(test=a)",
    "raise A(b) from c": "Throw(value=Call(func=A, args=[b]))",
    "raise": "Throw()",
    "global a, b": "Global(names=[a, b])",
    "pass": "",
    "import a.b, c.d as e": ("Import(local=a, module=a)|Import(local=a.b, module=a.b)|Import(local=e, module=c.d)"),
    "from ..a.b import (x as y, z)": "Import(local=y, module=..a.b, name=x)|Import(local=z, module=..a.b, name=z)",
    "from . import q": "Import(local=q, module=., name=q)",
    "from q import *": "Import(local=*, module=q, name=*)",
    "if a: b\nelif c: d\nelse: e": (
        "If(test=a, then=[Do(value=b)], otherwise=[If(test=c, then=[Do(value=d)], otherwise=[Do(value=e)])])"
    ),
    "for a, b in c:\n  break\nelse: d": (
        "For(target=Sequence(kind=tuple, items=[a, b]), iterable=c, body=[Break()], otherwise=[Do(value=d)])"
    ),
    "while a:\n  continue": "While(test=a, body=[Continue()])",
    "with (open(a) as f, b): c": "With(items=[[Call(func=open, args=[a]), f], [b, None]], body=[Do(value=c)])",
    "try: a\nexcept (A, b.B) as e: c\nexcept: d\nelse: f\nfinally: g": (
        "Try(body=[Do(value=a)], handlers=[Handler(types=[A, Attr(value=b, name=B)], name=e, body=[Do(value=c)]), "
        "Handler(body=[Do(value=d)])], otherwise=[Do(value=f)], final=[Do(value=g)])"
    ),
    "try: a\nexcept* A as e: b": "Try(body=[Do(value=a)], handlers=[Handler(types=[A], name=e, body=[Do(value=b)])])",
    "try: a\nexcept A, e: b": "Try(body=[Do(value=a)], handlers=[Handler(types=[A], name=e, body=[Do(value=b)])])",
    "type X[T] = list[T]": "Assign(target=X, value=Index(value=list, key=T))",
    "print >>f, x": "Do(value=Call(func=print, args=[x], keywords=[[file, f]]))",
    "exec 'a'": "Do(value=Call(func=exec, args=['a']))",
    "match a:\n  case 1 | 'x' | -2: b\n  case _: c": (
        "Switch(subject=a, cases=[SwitchCase(values=[1, 'x', Unary(op=-, operand=2)], body=[Do(value=b)]), "
        "SwitchCase(body=[Do(value=c)])])"
    ),
    "match a:\n  case {'k': [x, *y]} if x: b": (
        "Switch(subject=a, cases=[SwitchCase(values=[Opaque()], guard=x, body=["
        "Assign(target=x, value=Index(value=Index(value=a, key='k'), key=0)), "
        "Assign(target=y, value=Index(value=Index(value=a, key='k'), key=Slice(low=1))), Do(value=b)])])"
    ),
    "match f():\n  case P(x=0, y=z) | None: b\n  case str(s): c": (
        "Switch(subject=AssignExpr(target=match@0, value=Call(func=f)), cases=["
        "SwitchCase(values=[Opaque(), None], body=[Assign(target=z, value=Attr(value=match@0, name=y)), Do(value=b)]), "
        "SwitchCase(values=[Opaque()], body=[Assign(target=s, value=match@0), Do(value=c)])])"
    ),
    "match a, b:\n  case c, E.F: d": (
        "Switch(subject=Sequence(kind=tuple, items=[a, b]), cases=[SwitchCase(values=[Opaque()], "
        "body=[Assign(target=c, value=a), Do(value=d)])])"
    ),
    "async def f(a, /, b: int = 1, *c, d, **e) -> X:\n  'doc'\n  yield a": (
        "Define(definition=Function(name=f, params=[Param(name=a, kind=normal), "
        "Param(name=b, default=1, type=Type(name=int), kind=normal), Param(name=c, kind=rest), "
        "Param(name=d, kind=keyword), Param(name=e, kind=keywords)], body=[Do(value=Yield(value=a))], "
        "returns=Type(name=X), is_async=True, is_generator=True, doc=doc))"
    ),
    "@a.b(c)\ndef f(x: Annotated[T, Depends(g)]): return lambda: (yield)": (
        "Define(definition=Function(name=f, params=[Param(name=x, type=Type(name=Annotated, args=[Type(name=T)], "
        "metadata=[Call(func=Depends, args=[g])]), kind=normal)], body=[Return(value=Lambda(function=Function("
        "body=[Return(value=Yield())], is_generator=True)))], "
        "decorators=[Call(func=Attr(value=a, name=b), args=[c])]))"
    ),
    "class A(B[T], m.C, table=True):\n  'doc'\n  x: int = 1\n  def f(self): pass\n  class D(Enum): y = 2\n  g()": (
        "Define(definition=Class(name=A, bases=[Index(value=B, key=T), Attr(value=m, name=C)], "
        "fields=[Field(name=x, type=Type(name=int), value=1)], "
        "methods=[Function(name=f, params=[Param(name=self, kind=normal)])], "
        "classes=[Class(name=D, bases=[Enum], fields=[Field(name=y, value=2)], kind=enum, "
        "base_types=[Type(name=Enum)])], kind=class, body=[Do(value=Call(func=g))], "
        "base_types=[Type(name=B, args=[Type(name=T)]), Type(name=m.C)], modifiers=[table], doc=doc))"
    ),
}


@pytest.mark.parametrize(("source", "expected"), STATEMENTS.items(), ids=STATEMENTS)
def test_statements(source: str, expected: str) -> None:
    assert "|".join(shape(one) for one in lower(source.encode(), "a.py").body) == expected


def test_places_are_bytes() -> None:
    source = "이름 = (값).함수('글')\n".encode()
    (statement,) = lower(source, "a.py").body
    assert isinstance(statement, ir.Assign)
    assert source[statement.value.start : statement.value.end].decode() == "(값).함수('글')"


def test_quoted_type_keeps_its_places() -> None:
    source = b"def f(a: 'Annotated[int, Depends(who)]'): pass"
    (define,) = lower(source, "a.py").body
    call = define.definition.params[0].type.metadata[0]
    assert source[call.start : call.end] == b"Depends(who)"


def test_comments_are_told_from_strings() -> None:
    source = b"#! first\na = '# no' # yes, it's\nb = '''# no\n# no''' # last\n"
    assert [one.text for one in lower(source, "a.py").comments] == ["! first", "yes, it's", "last"]


def test_cp949_source_is_decoded() -> None:
    source = "# 주석\na = '한글'\n".encode("cp949")
    module = lower(source, "a.py")
    assert module.comments[0].text == "주석"
    assert module.body[0].value.value == "한글"


def test_sound_parts_of_a_broken_file() -> None:
    source = b"def f(a):\n    return g(a)\n\nx = = 3\n\ndef h(b):\n    return b\n"
    module = lower(source, "a.py")
    names = [one.definition.name for one in module.body if isinstance(one, ir.Define)]
    assert names == ["f", "h"]
    assert module.errors


_LIBRARY = Path(os.__file__).parent
_SAMPLE = [
    "argparse",
    "ast",
    "datetime",
    "inspect",
    "asyncio/tasks",
    "logging/__init__",
    "mailbox",
    "tarfile",
    "urllib/request",
]


@pytest.mark.parametrize("name", _SAMPLE)
def test_same_functions_calls_and_constants_as_the_interpreter_sees(name: str) -> None:
    source = (_LIBRARY / f"{name}.py").read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    tree = ast.parse(source)
    stated = {id(one) for note in _left_out(tree) for one in ast.walk(note)}
    texts = {id(one) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for one in ast.walk(node)}
    seen = [node for node in ast.walk(tree) if id(node) not in stated]
    calls = {
        (starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset)
        for node in seen
        if isinstance(node, ast.Call)
    }
    functions = Counter(getattr(n, "name", "") for n in seen if isinstance(n, _FUNCTIONS))
    strings = Counter(
        n.value for n in seen if isinstance(n, ast.Constant) and type(n.value) is str and id(n) not in texts
    )
    strings -= Counter(
        d for n in seen if isinstance(n, _DOCUMENTED) and (d := ast.get_docstring(n, clean=False)) is not None
    )
    numbers = Counter(n.value for n in seen if isinstance(n, ast.Constant) and type(n.value) in {int, bytes, float})

    made = list(walk(lower(source, name).body, set()))
    inside = {id(one) for text in made if isinstance(text, ir.Text) for one in walk(text, set())}
    assert {(n.start, n.end) for n in made if isinstance(n, ir.Call) and n.func.start != n.func.end} == calls
    assert Counter(n.name for n in made if isinstance(n, ir.Function)) == functions
    constants = [n for n in made if isinstance(n, ir.Const)]
    assert Counter(n.value for n in constants if type(n.value) in {int, bytes, float}) == numbers
    assert Counter(n.value for n in constants if type(n.value) is str and id(n) not in inside) == strings


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_DOCUMENTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _left_out(tree: ast.AST) -> Iterator[ast.AST]:
    """What the code model keeps as types, and the messages of assertions, which it does not keep."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            yield node.annotation
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            yield node.returns
        elif isinstance(node, ast.Assert) and node.msg is not None:
            yield node.msg
