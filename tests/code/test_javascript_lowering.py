"""What JavaScript and TypeScript source becomes in the code model."""

from dataclasses import fields
from typing import Any

import pytest

from backend_advisor.code import ir
from backend_advisor.code.frontends.javascript import lower

_PLACES = {"start", "end", "header_end"}


def shape(value: Any) -> str:
    """A tree as text: names bare, literals quoted, everything else `Kind(part, field=part)` without what is empty."""
    if isinstance(value, ir.Name):
        return value.id
    if isinstance(value, ir.Const):
        return repr(value.value)
    if isinstance(value, ir.Attr):
        return f"{shape(value.value)}.{value.name}"
    if isinstance(value, ir.Do):
        return shape(value.value)
    if isinstance(value, ir.Define):
        return shape(value.definition)
    if isinstance(value, ir.Lambda):
        return shape(value.function)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(shape(one) for one in value) + "]"
    if isinstance(value, ir.Node | ir.Type):
        parts = [
            f"{one.name}={shape(getattr(value, one.name))}"
            for one in fields(value)
            if one.name not in _PLACES and getattr(value, one.name) not in (None, [], (), "", False)
        ]
        return f"{type(value).__name__}({', '.join(parts)})"
    return str(value)


def shapes(source: str, path: str = "a.js") -> str:
    """The shapes of a file's statements."""
    module = lower(source.encode(), path)
    assert module.errors == []
    return "; ".join(shape(one) for one in module.body)


EXPRESSIONS = {
    "a.b?.c": "a.b.c",
    "a?.[b]": "Index(value=a, key=b)",
    "a?.(b, ...c)": "Call(func=a, args=[b, Spread(value=c)])",
    "this.#x": "this.#x",
    "new A": "Call(func=A, new=True)",
    "new A.B(1)": "Call(func=A.B, args=[1], new=True)",
    "`x`": "'x'",
    "`a${b}\\n`": "Text(parts=['a', b, '\\n'])",
    "sql`a${b}`": "Text(parts=['a', b], tag=sql)",
    "/a\\/b+/gi": "Call(func=RegExp, args=['a\\\\/b+', 'gi'])",
    "'\\x41\\u{42}\\u0043\\'\\q'": '"ABC\'q"',
    "'\\ud83d\\ude00'": "'😀'",
    "0x1F": "31",
    "1_000n": "1000",
    "-1.5e3": "-1500.0",
    "017": "15",
    "a + b - c": "Binary(op=-, left=Binary(op=+, left=a, right=b), right=c)",
    "a && b && c": "Logic(op=and, operands=[a, b, c])",
    "a || (b ?? c)": "Logic(op=or, operands=[a, Logic(op=??, operands=[b, c])])",
    "a /* why */ === b": "Binary(op====, left=a, right=b)",
    "a instanceof B": "Binary(op=instanceof, left=a, right=B)",
    "!a": "Unary(op=not, operand=a)",
    "typeof a": "Unary(op=typeof, operand=a)",
    "delete a.b": "Unary(op=delete, operand=a.b)",
    "a ? b : c": "Conditional(test=a, then=b, otherwise=c)",
    "await a": "Await(value=a)",
    "[a, , ...b]": "Sequence(kind=list, items=[a, None, Spread(value=b)])",
    "[a, b,]": "Sequence(kind=list, items=[a, b])",
    "f((a, b))": "Call(func=f, args=[Index(value=Sequence(kind=list, items=[a, b]), key=1)])",
    "f(a = b)": "Call(func=f, args=[AssignExpr(target=a, value=b)])",
    "f(a++)": "Call(func=f, args=[AssignExpr(target=a, value=1, op=+)])",
    "f(--a)": "Call(func=f, args=[AssignExpr(target=a, value=1, op=-)])",
    "f(a += 2)": "Call(func=f, args=[AssignExpr(target=a, value=2, op=+)])",
    "f(undefined, null, true)": "Call(func=f, args=[None, None, True])",
    "(a) => a": "Function(params=[Param(name=a, kind=normal)], body=[Return(value=a)])",
    "async a => { b }": "Function(params=[Param(name=a, kind=normal)], body=[b], is_async=True)",
    "import.meta.url": "import.meta.url",
    "import(a)": "Call(func=import, args=[a])",
    "require(a)": "Call(func=require, args=[a])",
    "({a, 'b': 1, [c]: 2, 3: 4, ...d})": "Mapping(pairs=[['a', a], ['b', 1], [c, 2], [3, 4], [None, d]])",
    "({async a() {}, get b() { return 1 }, *c() {}})": (
        "Mapping(pairs=[['a', Function(name=a, is_async=True)], "
        "['b', Function(name=b, body=[Return(value=1)], modifiers=[get])], ['c', Function(name=c, is_generator=True)]])"
    ),
}


@pytest.mark.parametrize("source", EXPRESSIONS)
def test_expressions(source: str) -> None:
    wanted = EXPRESSIONS[source]
    assert shapes(f"x = {source}") == f"Assign(target=x, value={wanted})"
    assert shapes(f"x = {source}", "a.ts") == f"Assign(target=x, value={wanted})"


STATEMENTS = {
    "let {a, b: c = 1, ...d} = e": (
        "Assign(target=Mapping(pairs=[['a', a], ['b', AssignExpr(target=c, value=1)], [None, d]]), value=e, "
        "declares=let)"
    ),
    "const [a, , b = 2, ...c] = d": (
        "Assign(target=Sequence(kind=list, items=[a, None, AssignExpr(target=b, value=2), Spread(value=c)]), "
        "value=d, declares=const)"
    ),
    "({a, b = 2} = c)": ("Assign(target=Mapping(pairs=[['a', a], ['b', AssignExpr(target=b, value=2)]]), value=c)"),
    "var a, b = 1": "Assign(target=a, declares=var); Assign(target=b, value=1, declares=var)",
    "a += 1": "Assign(target=a, value=1, op=+)",
    "a.b ??= c": "Assign(target=a.b, value=Logic(op=??, operands=[a.b, c]))",
    "a++": "Assign(target=a, value=1, op=+)",
    "a = b = c": "Assign(target=a, value=AssignExpr(target=b, value=c))",
    "a(), b = 1": "Call(func=a); Assign(target=b, value=1)",
    "if (a) b; else if (c) d; else { e }": "If(test=a, then=[b], otherwise=[If(test=c, then=[d], otherwise=[e])])",
    "for (const [a, b] of c) d": "For(target=Sequence(kind=list, items=[a, b]), iterable=c, body=[d])",
    "for (const a in b) {}": "For(target=a, iterable=b, keys=True)",
    "async function f() { for await (const a of b) c }": (
        "Function(name=f, body=[For(target=a, iterable=b, body=[c], is_async=True)], is_async=True)"
    ),
    "for (let i = 0; i < 3; i++, j--) f()": (
        "Assign(target=i, value=0, declares=let); While(test=Binary(op=<, left=i, right=3), body=[Call(func=f)], "
        "update=[Assign(target=i, value=1, op=+), Assign(target=j, value=1, op=-)])"
    ),
    "for (;;) { break }": "While(test=True, body=[Break()])",
    "do a(); while (b)": "While(test=b, body=[Call(func=a)], after=True)",
    "out: while (a) { continue out }": "While(test=a, body=[Continue()])",
    "switch (a) { case 1: case 2: f(); break; default: g() }": (
        "Switch(subject=a, cases=[SwitchCase(values=[1]), SwitchCase(values=[2], body=[Call(func=f), Break()]), "
        "SwitchCase(body=[Call(func=g)])], falls=True)"
    ),
    "try { a } catch { b } finally { c }": "Try(body=[a], handlers=[Handler(body=[b])], final=[c])",
    "try { a } catch (e) { b }": "Try(body=[a], handlers=[Handler(name=e, body=[b])])",
    "try { a } catch ({message}) { b }": (
        "Try(body=[a], handlers=[Handler(name={error}, "
        "body=[Assign(target=Mapping(pairs=[['message', message]]), value={error}, declares=let), b])])"
    ),
    "throw new Error(a)": "Throw(value=Call(func=Error, args=[a], new=True))",
    "function* f(a, {b} = c, ...d) { yield* a; yield; return }": (
        "Function(name=f, params=[Param(name=a, kind=normal), Param(name={1}, default=c, kind=normal, "
        "pattern=Mapping(pairs=[['b', b]])), Param(name=d, kind=rest)], "
        "body=[Yield(value=a), Yield(), Return()], is_generator=True)"
    ),
    "class A extends B.C { static x = 1; #p; static { f() } constructor() { super(a) } static async *g() {} "
    "set v(x) {} [k]() {} }": (
        "Class(name=A, bases=[B.C], fields=[Field(name=x, value=1, modifiers=[static]), Field(name=#p)], "
        "methods=[Function(name=constructor, body=[Call(func=super, args=[a])]), "
        "Function(name=g, is_async=True, is_generator=True, modifiers=[static]), "
        "Function(name=v, params=[Param(name=x, kind=normal)], modifiers=[set]), Function(name=[k])], "
        "kind=class, body=[Call(func=f)], base_types=[Type(name=B.C)])"
    ),
    "a // why\n  .b() // then\n  .c(1, /* one */ 2)": "Call(func=Call(func=a.b).c, args=[1, 2])",
    "debugger;;": "",
    "'use strict'": "'use strict'",
}


@pytest.mark.parametrize("source", STATEMENTS)
def test_statements(source: str) -> None:
    assert shapes(source) == STATEMENTS[source]
    assert shapes(source, "a.ts") == STATEMENTS[source]


MODULES = {
    'import a, {b as c, default as d} from "x"': (
        "Import(local=a, module=x, name=default); Import(local=c, module=x, name=b); "
        "Import(local=d, module=x, name=default)"
    ),
    'import * as a from "x"': "Import(local=a, module=x)",
    'import "x"': "Import(local=require:x, module=x)",
    'const a = require("x")': "Import(local=a, module=x)",
    'const {a, b: c} = require("x")': "Import(local=a, module=x, name=a); Import(local=c, module=x, name=b)",
    'const a = require("x").b': "Import(local=a, module=x, name=b)",
    'const a = require("x")(b)': (
        "Import(local=require:x, module=x); Assign(target=a, value=Call(func=require:x, args=[b]), declares=const)"
    ),
    'const {a = 1} = require("x")': (
        "Import(local=require:x, module=x); Assign(target=Mapping(pairs=[['a', AssignExpr(target=a, value=1)]]), "
        "value=require:x, declares=const)"
    ),
    'app.use(require("./x"))': "Import(local=require:./x, module=./x); Call(func=app.use, args=[require:./x])",
    'x = await import("y")': "Import(local=require:y, module=y); Assign(target=x, value=Await(value=require:y))",
    "export default function () {}": "Export(name=default, value=Function())",
    "export default function f() {}": "Function(name=f); Export(name=default, value=f)",
    "export default class {}": "Export(name=default, value=ClassExpr(definition=Class(kind=class)))",
    "export const a = 1, {b} = c": (
        "Assign(target=a, value=1, declares=const); Export(name=a, value=a); "
        "Assign(target=Mapping(pairs=[['b', b]]), value=c, declares=const); Export(name=b, value=b)"
    ),
    "export async function f() {}": "Function(name=f, is_async=True); Export(name=f, value=f)",
    "export {a as b, c}": "Export(name=b, value=a); Export(name=c, value=c)",
    'export {default as b} from "x"': (
        "Import(local=x#default, module=x, name=default); Export(name=b, value=x#default)"
    ),
    'export * from "x"': "Import(local=x#*, module=x); Export(name=*, value=x#*)",
    'export * as n from "x"': "Import(local=x#*, module=x); Export(name=n, value=x#*)",
    "export default a": "Export(name=default, value=a)",
    "module.exports = a": "Export(value=a)",
    "module.exports = {a, b: c}": "Export(value=Mapping(pairs=[['a', a], ['b', c]]))",
    "exports = module.exports = f": "Export(value=f)",
    "var app = exports = module.exports = {}": ("Export(value=app); Assign(target=app, value=Mapping(), declares=var)"),
    "module.exports.a = a; exports['b'] = c": "Export(name=a, value=a); Export(name=b, value=c)",
    "exports.a = function () {}; exports.a()": (
        "Assign(target=exports.a, value=Function(), declares=const); Export(name=a, value=exports.a); "
        "Call(func=exports.a)"
    ),
    "exports.a = a; module.exports.a()": "Export(name=a, value=a); Call(func=a)",
    "exports.a = exports.b = 1": (
        "Assign(target=exports.a, value=1, declares=const); Export(name=a, value=exports.a); "
        "Export(name=b, value=exports.a)"
    ),
    "Object.assign(module.exports, {a, b: 1})": "Export(name=a, value=a); Export(name=b, value=1)",
    'Object.assign(exports, require("./x"))': (
        "Import(local=require:./x, module=./x); Export(name=*, value=require:./x)"
    ),
    "exports.a.b = 1": "Assign(target=exports.a.b, value=1)",
}


@pytest.mark.parametrize("source", MODULES)
def test_modules(source: str) -> None:
    assert shapes(source) == MODULES[source]
    assert shapes(source, "a.ts") == MODULES[source]


TYPESCRIPT = {
    "x as T": "Cast(value=x, type=Type(name=T))",
    "x as unknown as T": "Cast(value=Cast(value=x, type=Type(name=unknown)), type=Type(name=T))",
    "x!.y": "x.y",
    "<T>x": "Cast(value=x, type=Type(name=T))",
    "x satisfies N.T": "Cast(value=x, type=Type(name=N.T))",
    "f<T>(x)": "Call(func=f, args=[x])",
    "await f<T>(x).g(h(y))[0]": (
        "Await(value=Index(value=Call(func=Call(func=f, args=[x]).g, args=[Call(func=h, args=[y])]), key=0))"
    ),
    "await f<T>(await g<U>(x).h())": (
        "Await(value=Call(func=f, args=[Await(value=Call(func=Call(func=g, args=[x]).h))]))"
    ),
    "let a: A | null": "Assign(target=a, type=Type(name=A), declares=let)",
    "let a: A | B | undefined": "Assign(target=a, type=Type(name=|, args=[Type(name=A), Type(name=B)]), declares=let)",
    "let a: readonly B[]": "Assign(target=a, type=Type(name=Array, args=[Type(name=B)]), declares=let)",
    "let a: Promise<N.B<C>>": (
        "Assign(target=a, type=Type(name=Promise, args=[Type(name=N.B, args=[Type(name=C)])]), declares=let)"
    ),
    "function f(this: X, a?: string, ...b: T[]): void {}": (
        "Function(name=f, params=[Param(name=a, type=Type(name=string), kind=normal), "
        "Param(name=b, type=Type(name=Array, args=[Type(name=T)]), kind=rest)], returns=Type(name=void))"
    ),
    "function f(a: string): void; function f(a) {}": ("Function(name=f, params=[Param(name=a, kind=normal)])"),
    "enum E { A, B = 'b', C = 3, D }": (
        "Class(name=E, fields=[Field(name=A, value=0, modifiers=[static]), "
        "Field(name=B, value='b', modifiers=[static]), "
        "Field(name=C, value=3, modifiers=[static]), Field(name=D, value=4, modifiers=[static])], kind=enum)"
    ),
    "interface I extends J<K> { a: string; m(x: number): void }": (
        "Class(name=I, bases=[J], fields=[Field(name=a, type=Type(name=string))], methods=[Function(name=m, "
        "params=[Param(name=x, type=Type(name=number), kind=normal)], returns=Type(name=void))], kind=interface, "
        "base_types=[Type(name=J, args=[Type(name=K)])])"
    ),
    "type T = { a: B }": "Class(name=T, fields=[Field(name=a, type=Type(name=B))], kind=interface)",
    "type T = A | B": "",
    "declare const z: string; declare module 'x' { export const a: number }": "",
    "namespace N { const a = 1; export function f() {} }": (
        "Assign(target=a, value=1, declares=const); Function(name=f); "
        "Assign(target=N, value=Mapping(pairs=[['f', f]]), declares=const)"
    ),
    'import fs = require("fs")': "Import(local=fs, module=fs)",
    'import type {A} from "x"; import {type B, C} from "y"': (
        "Import(local=A, module=x, name=A, type_only=True); Import(local=B, module=y, name=B, type_only=True); "
        "Import(local=C, module=y, name=C)"
    ),
    "export = a": "Export(value=a)",
    "export abstract class A { abstract m(): void }": (
        "Class(name=A, methods=[Function(name=m, returns=Type(name=void), modifiers=[abstract])], kind=class, "
        "modifiers=[abstract]); Export(name=A, value=A)"
    ),
    "@C('a') export class A implements I<J> { constructor(private readonly x: X, @Inject('t') y?: Y, z = 1) {} "
    "@Get(':id') async f(@Param('id') id: string): Promise<void> {} @Column() private static q: string = 'x' }": (
        "Class(name=A, bases=[I], fields=[Field(name=q, type=Type(name=string), value='x', "
        "decorators=[Call(func=Column)], modifiers=[private, static])], "
        "methods=[Function(name=constructor, params=[Param(name=x, type=Type(name=X), kind=normal, property=True), "
        "Param(name=y, type=Type(name=Y), decorators=[Call(func=Inject, args=['t'])], kind=normal), "
        "Param(name=z, default=1, kind=normal)]), "
        "Function(name=f, params=[Param(name=id, type=Type(name=string), "
        "decorators=[Call(func=Param, args=['id'])], kind=normal)], decorators=[Call(func=Get, args=[':id'])], "
        "returns=Type(name=Promise, args=[Type(name=void)]), is_async=True)], "
        "decorators=[Call(func=C, args=['a'])], kind=class, base_types=[Type(name=I, args=[Type(name=J)])]); "
        "Export(name=A, value=A)"
    ),
}


@pytest.mark.parametrize("source", TYPESCRIPT)
def test_typescript(source: str) -> None:
    assert shapes(source, "a.ts") == TYPESCRIPT[source]


def test_jsx_keeps_its_expressions() -> None:
    source = "x = <A b={c} {...d} dangerouslySetInnerHTML={{__html: e}}>f {g} <h i='j' k={() => l} /></A>"
    wanted = (
        "Assign(target=x, value=Opaque(children=[c, Spread(value=d), Call(func=dangerouslySetInnerHTML, "
        "args=[Mapping(pairs=[['__html', e]])]), g, Opaque(children=[Function(body=[Return(value=l)])])]))"
    )
    assert shapes(source, "a.jsx") == wanted
    assert shapes(source, "a.tsx") == wanted


def test_places_are_byte_offsets_of_the_source() -> None:
    source = "/* 설명 */ const 이름 = f(`한글${x}`, '값');".encode()
    module = lower(source, "a.js")
    assign = module.body[0]
    assert isinstance(assign, ir.Assign) and isinstance(assign.value, ir.Call)
    assert source[assign.target.start : assign.target.end].decode() == "이름"
    assert source[assign.value.start : assign.value.end].decode() == "f(`한글${x}`, '값')"
    text = assign.value.args[0]
    assert isinstance(text, ir.Text)
    assert [source[part.start : part.end].decode() for part in text.parts] == ["한글", "x"]
    assert [comment.text for comment in module.comments] == ["설명"]


def test_comments_are_kept_wherever_they_stand() -> None:
    source = (
        "#!/usr/bin/env node\n// one\nf(a, /* two */ b) // three\nclass A { // four\n m(/* five */) {} }\n"
        "x = { // six\n a: 1 }\nif (a /* seven */) {} // eight\nswitch (a) { // nine\n case 1: // ten\n }\n"
        "const {a /* eleven */} = b"
    )
    texts = [comment.text for comment in lower(source.encode(), "a.js").comments]
    assert texts[1:] == ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"]


def test_a_long_row_of_strings_is_one_text() -> None:
    source = "x = 'a' + " + " + ".join(f"v{number}" for number in range(500))
    assign = lower(source.encode(), "a.js").body[0]
    assert isinstance(assign, ir.Assign) and isinstance(assign.value, ir.Text)
    assert len(assign.value.parts) == 501
