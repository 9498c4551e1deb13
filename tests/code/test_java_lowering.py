"""Small sources of Java and the tree that each becomes."""

import dataclasses

import pytest

from backend_advisor.code import ir
from backend_advisor.code.frontends.java import lower

_PLACES = {"start", "end", "header_end", "metadata"}


def shape(made: object) -> str:
    """A tree as text: fields that are empty are left out."""
    if isinstance(made, ir.Name):
        return made.id
    if isinstance(made, ir.Const):
        return repr(made.value)
    if isinstance(made, ir.Attr):
        return f"{shape(made.value)}.{made.name}"
    if isinstance(made, ir.Type):
        return made.name + (f"<{', '.join(shape(one) for one in made.args)}>" if made.args else "")
    if dataclasses.is_dataclass(made):
        fields = [(one.name, getattr(made, one.name)) for one in dataclasses.fields(made) if one.name not in _PLACES]
        told = [f"{name}={shape(value)}" for name, value in fields if value not in (None, False, "", [], ())]
        return f"{type(made).__name__}({', '.join(told)})"
    if isinstance(made, list | tuple):
        return f"[{', '.join(shape(one) for one in made)}]"
    return str(made)


def statements(source: bytes) -> list[ir.Stmt]:
    """The statements of a file; those outside of any class stand in a method of the class that is implied."""
    found: list[ir.Stmt] = []
    for one in lower(source, "A.java").body:
        made = one.definition if isinstance(one, ir.Define) else None
        methods = made.methods if isinstance(made, ir.Class) else []
        found += next((method.body for method in methods if method.name == "piece"), [one])
    return found


EXPRESSIONS = {
    "a.b.c": "a.b.c",
    "a.b(c, 1).<T>d()": "Call(func=Call(func=a.b, args=[c, 1]).d)",
    "f()": "Call(func=f)",
    "this.f": "this.f",
    "Outer.this.x": "Outer.this.x",
    "Outer.super.f()": "Call(func=super.f)",
    "super.f()": "Call(func=super.f)",
    "new a.B<C>(d)": "Call(func=a.B, args=[d], new=True)",
    "outer.new Inner(1)": "Call(func=Inner, args=[1], new=True)",
    "new int[]{1, 2}": "Sequence(kind=list, items=[1, 2])",
    "new byte[16]": "Cast(value=Call(func=Array, args=[16], new=True), type=Array<byte>)",
    "a[b]": "Index(value=a, key=b)",
    "a + b * c": "Binary(op=+, left=a, right=Binary(op=*, left=b, right=c))",
    "a && b && c || d": "Logic(op=or, operands=[Logic(op=and, operands=[a, b, c]), d])",
    "a && (b && c)": "Logic(op=and, operands=[a, Logic(op=and, operands=[b, c])])",
    "!a": "Unary(op=not, operand=a)",
    "-1": "Unary(op=-, operand=1)",
    "a >>> b": "Binary(op=>>>, left=a, right=b)",
    "a ? b : c": "Conditional(test=a, then=b, otherwise=c)",
    "f(a = b)": "Call(func=f, args=[AssignExpr(target=a, value=b)])",
    "f(a++, --b)": ("Call(func=f, args=[AssignExpr(target=a, value=1, op=+), AssignExpr(target=b, value=1, op=-)])"),
    "(List<String>) a": "Cast(value=a, type=List<String>)",
    "(A & B) c": "Cast(value=c, type=A)",
    "A.class": "A.class",
    "int[].class": "int.class",
    "A::b": "A.b",
    "a.b::new": "a.b.new",
    "this::f": "this.f",
    "a -> b": "Lambda(function=Function(params=[Param(name=a, kind=normal)], body=[Return(value=b)]))",
    "(a, b) -> { c(); }": (
        "Lambda(function=Function(params=[Param(name=a, kind=normal), Param(name=b, kind=normal)], "
        "body=[Do(value=Call(func=c))]))"
    ),
    "(int a, var b) -> a": (
        "Lambda(function=Function(params=[Param(name=a, type=int, kind=normal), Param(name=b, kind=normal)], "
        "body=[Return(value=a)]))"
    ),
    "a instanceof B": "Binary(op=instanceof, left=a, right=B)",
    "a instanceof final B<C> b": (
        "Binary(op=instanceof, left=AssignExpr(target=b, value=Cast(value=a, type=B<C>)), right=B)"
    ),
    "a instanceof P(int x, Q(var y))": (
        "Logic(op=and, operands=[Binary(op=instanceof, left=a, right=P), "
        "AssignExpr(target=x, value=Opaque(children=[a])), AssignExpr(target=y, value=Opaque(children=[a]))])"
    ),
    "0x1FL": "31",
    "1_000": "1000",
    "017": "15",
    "0b101": "5",
    "1e3f": "1000.0",
    "1.5D": "1.5",
    "100L": "100",
    "0x1p3": "8.0",
    "'a'": "'a'",
    r"'\u0041'": "'A'",
    r'"a\tb\101\"\\\s"': r"""'a\tbA"\\ '""",
    '"한글"': "'한글'",
    r'"\uD83D\uDE00"': "'😀'",
    "true": "True",
    "null": "None",
    '"""\n      a "b"\n        c\\\n  d\n      """': "'    a \"b\"\\n      cd\\n'",
    '"""\n    SELECT *\n    FROM a\n    """': "'SELECT *\\nFROM a\\n'",
    'STR."a\\{b}c"': "Text(parts=['a', b, 'c'])",
    "f(switch (a) { case 1, 2 -> b; case 3 -> { yield c; } default -> throw d; })": (
        "Call(func=f, args=[Conditional(test=Logic(op=or, operands=[Binary(op===, left=a, right=1), "
        "Binary(op===, left=a, right=2)]), then=b, otherwise=c)])"
    ),
    "f(switch (a()) { case B b when b.c() -> 1; default -> 2; })": (
        "Call(func=f, args=[Conditional(test=Logic(op=and, operands=[Logic(op=and, operands=["
        "Binary(op=instanceof, left=AssignExpr(target=switch@22, value=Call(func=a)), right=B), "
        "AssignExpr(target=b, value=Cast(value=switch@22, type=B))]), "
        "Call(func=b.c)]), then=1, otherwise=2)])"
    ),
    "f(switch (a) { case 1: b(); yield c; default: yield d; })": (
        "Call(func=f, args=[Call(func=Lambda(function=Function(body=[Switch(subject=a, cases=["
        "SwitchCase(values=[1], body=[Do(value=Call(func=b)), Return(value=c)]), "
        "SwitchCase(body=[Return(value=d)])], falls=True)])))])"
    ),
    "new A(b) { int c; { d(); } void e() { Outer.this.f(); } }": (
        "Call(func=A, args=[b], new=True, body=Class(name=A@21, bases=[A], fields=[Field(name=c, type=int)], "
        "methods=[Function(name=e, body=[Do(value=Call(func=Outer.this.f))], returns=void), "
        "Function(name=A@21, body=[Do(value=Call(func=this.d))], modifiers=[public, synthetic])], "
        "kind=class, base_types=[A]))"
    ),
}


@pytest.mark.parametrize(("source", "expected"), EXPRESSIONS.items(), ids=EXPRESSIONS)
def test_expressions(source: str, expected: str) -> None:
    piece = f"boolean x = {source};".encode()
    (statement,) = statements(piece)
    assert isinstance(statement, ir.Assign)
    assert not lower(piece, "A.java").errors
    assert shape(statement.value) == expected


STATEMENTS = {
    "int a = 1, b;": ("Assign(target=a, value=1, type=int, declares=var)|Assign(target=b, type=int, declares=var)"),
    "final var a = b;": "Assign(target=a, value=b, declares=final)",
    'String[] a = {"b"};': "Assign(target=a, value=Sequence(kind=list, items=['b']), type=Array<String>, declares=var)",
    "int a[][];": "Assign(target=a, type=Array<Array<int>>, declares=var)",
    "Map.Entry<? extends A, ?> a;": "Assign(target=a, type=Map.Entry<A, Object>, declares=var)",
    "a = b;": "Assign(target=a, value=b)",
    "a.b[c] += 1;": "Assign(target=Index(value=a.b, key=c), value=1, op=+)",
    "a >>>= 1;": "Assign(target=a, value=1, op=>>>)",
    "a--;": "Assign(target=a, value=1, op=-)",
    "f();": "Do(value=Call(func=f))",
    "assert a : b;": "Assert(test=a)",
    "throw a;": "Throw(value=a)",
    "if (a) b(); else if (c) { d(); }": (
        "If(test=a, then=[Do(value=Call(func=b))], otherwise=[If(test=c, then=[Do(value=Call(func=d))])])"
    ),
    "if (a);": "If(test=a)",
    "while (a) { continue; }": "While(test=a, body=[Continue()])",
    "do { break; } while (a);": "While(test=a, body=[Break()], after=True)",
    "for (int i = 0, j = 1; i < 2; i++, f()) g();": (
        "Assign(target=i, value=0, type=int, declares=var)|Assign(target=j, value=1, type=int, declares=var)|"
        "While(test=Binary(op=<, left=i, right=2), body=[Do(value=Call(func=g))], "
        "update=[Assign(target=i, value=1, op=+), Do(value=Call(func=f))])"
    ),
    "for (;;) {}": "While(test=True)",
    "for (i = 0; ; ) a();": "Assign(target=i, value=0)|While(test=True, body=[Do(value=Call(func=a))])",
    "for (var a : b) c();": "For(target=a, iterable=b, body=[Do(value=Call(func=c))])",
    "for (A a : b) {}": (
        "For(target=a, iterable=b, body=[Assign(target=a, value=Cast(value=a, type=A), type=A, declares=var)])"
    ),
    "x: for (;;) { break x; }": "While(test=True, body=[Break()])",
    "synchronized (a) { b(); }": "With(items=[[a, None]], body=[Do(value=Call(func=b))])",
    "try { a(); } catch (A | b.C e) { d(); } finally { e(); }": (
        "Try(body=[Do(value=Call(func=a))], handlers=[Handler(types=[A, b.C], name=e, "
        "body=[Do(value=Call(func=d))])], final=[Do(value=Call(func=e))])"
    ),
    "try (A a = new A(); var b = c(); d) { e(); }": (
        "With(items=[[Call(func=A, new=True), a], [Call(func=c), b], [d, None]], body=[Do(value=Call(func=e))])"
    ),
    "try (A a = b()) {} catch (C c) {}": (
        "Try(body=[With(items=[[Cast(value=Call(func=b), type=A), a]])], handlers=[Handler(types=[C], name=c)])"
    ),
    "switch (a) { case 1: case 2: b(); break; default: c(); }": (
        "Switch(subject=a, cases=[SwitchCase(values=[1]), "
        "SwitchCase(values=[2], body=[Do(value=Call(func=b)), Break()]), "
        "SwitchCase(body=[Do(value=Call(func=c))])], falls=True)"
    ),
    "switch (a) { case B, C -> d(); case null, default -> { e(); } }": (
        "Switch(subject=a, cases=[SwitchCase(values=[B, C], body=[Do(value=Call(func=d))]), "
        "SwitchCase(body=[Do(value=Call(func=e))])])"
    ),
    "switch (a()) { case B b when b.c() -> d(b); }": (
        "Switch(subject=AssignExpr(target=switch@8, value=Call(func=a)), cases=[SwitchCase("
        "values=[Opaque(children=[B])], guard=Call(func=b.c), "
        "body=[Assign(target=b, value=Cast(value=switch@8, type=B), type=B, declares=var), "
        "Do(value=Call(func=d, args=[b]))])])"
    ),
    "int a = switch (b) { case 1 -> c; default -> { if (d) yield e; yield f; } };": (
        "Assign(target=a, type=int, declares=var)|Switch(subject=b, cases=["
        "SwitchCase(values=[1], body=[Assign(target=a, value=c, type=int)]), SwitchCase(body=["
        "If(test=d, then=[Assign(target=a, value=e, type=int), Break()]), Assign(target=a, value=f, type=int)])])"
    ),
    "return switch (a) { case 1 -> b; default -> switch (c) { default -> d; }; };": (
        "Switch(subject=a, cases=[SwitchCase(values=[1], body=[Return(value=b)]), SwitchCase(body=["
        "Switch(subject=c, cases=[SwitchCase(body=[Return(value=d)])])])])"
    ),
    "import a.b.C;": "Import(local=C, module=a.b, name=C)",
    "import a.b.*;": "Import(local=*, module=a.b, name=*)",
    "import static a.b.C.d;": "Import(local=d, module=a.b.C, name=d)",
    "import static a.b.C.*;": "Import(local=*, module=a.b.C, name=*)",
    'class A { @B("c") @d.E private static final List<String> f = g(), h; }': (
        "Define(definition=Class(name=A, fields=[Field(name=f, type=List<String>, value=Call(func=g), "
        "decorators=[Call(func=B, args=['c']), d.E], modifiers=[private, static, final]), "
        "Field(name=h, type=List<String>, decorators=[Call(func=B, args=['c']), d.E], "
        "modifiers=[private, static, final])], kind=class))"
    ),
    "class A { A(int b) { this(); } A() { super(1); c(); } static { d(); } { e(); } }": (
        "Define(definition=Class(name=A, methods=["
        "Function(name=A, params=[Param(name=b, type=int, kind=normal)], body=[Do(value=Call(func=this))]), "
        "Function(name=A, body=[Do(value=Call(func=super, args=[1])), Do(value=Call(func=e)), Do(value=Call(func=c))])"
        "], kind=class, body=[Do(value=Call(func=d))]))"
    ),
    "class A<T extends B> extends C<T> implements D, e.F<G> { <U> T f(T t, U u, List<T>... v) throws X { f(); } }": (
        "Define(definition=Class(name=A, bases=[C, D, e.F], methods=[Function(name=f, params=["
        "Param(name=t, type=B, kind=normal), Param(name=u, kind=normal), Param(name=v, type=List<B>, kind=rest)], "
        "body=[Do(value=Call(func=this.f))], returns=B)], kind=class, base_types=[C<B>, D, e.F<G>]))"
    ),
    "interface A extends B { int C = 1; void d(); default void e() { f(); } }": (
        "Define(definition=Class(name=A, bases=[B], fields=[Field(name=C, type=int, value=1, "
        "modifiers=[static, final])], methods=[Function(name=d, returns=void, modifiers=[abstract]), "
        "Function(name=e, body=[Do(value=Call(func=this.f))], returns=void, modifiers=[default])], "
        "kind=interface, base_types=[B]))"
    ),
    "enum A { B(1), @X C; A(int d) {} A() {} }": (
        "Define(definition=Class(name=A, bases=[Enum], fields=[Field(name=B, value=Call(func=A, args=[1], new=True), "
        "modifiers=[public, static, final]), Field(name=C, decorators=[X], modifiers=[public, static, final])], "
        "methods=[Function(name=A, params=[Param(name=d, type=int, kind=normal)]), Function(name=A)], kind=enum))"
    ),
    "record A(@B int c, String... d) {}": (
        "Define(definition=Class(name=A, fields=[Field(name=c, type=int, decorators=[B], modifiers=[private, final]), "
        "Field(name=d, type=Array<String>, modifiers=[private, final])], methods=["
        "Function(name=A, params=[Param(name=c, type=int, decorators=[B], kind=normal), "
        "Param(name=d, type=String, kind=rest)], "
        "body=[Assign(target=this.c, value=c), Assign(target=this.d, value=d)], modifiers=[public, synthetic]), "
        "Function(name=c, body=[Return(value=this.c)], returns=int, modifiers=[public, synthetic]), "
        "Function(name=d, body=[Return(value=this.d)], returns=Array<String>, modifiers=[public, synthetic])], "
        "kind=record))"
    ),
    "record A(int b) { A { c(); } public int b() { return 1; } }": (
        "Define(definition=Class(name=A, fields=[Field(name=b, type=int, modifiers=[private, final])], methods=["
        "Function(name=A, params=[Param(name=b, type=int, kind=normal)], "
        "body=[Do(value=Call(func=c)), Assign(target=this.b, value=b)]), "
        "Function(name=b, body=[Return(value=1)], returns=int, modifiers=[public])], kind=record))"
    ),
    "@interface A { int b() default 1; }": (
        "Define(definition=Class(name=A, methods=[Function(name=b, returns=int, modifiers=[abstract])], "
        "kind=interface, modifiers=[annotation]))"
    ),
    "sealed interface A permits B {}": "Define(definition=Class(name=A, kind=interface, modifiers=[sealed]))",
    "@A(b = 1, c = {2, @D(3)}) class E { /** Says so.\n * Twice. */ public synchronized void f(@G final int h) {} }": (
        "Define(definition=Class(name=E, methods=[Function(name=f, params=[Param(name=h, type=int, decorators=[G], "
        "kind=normal)], returns=void, modifiers=[public, synchronized], doc=Says so.\nTwice.)], "
        "decorators=[Call(func=A, keywords=[[b, 1], [c, Sequence(kind=list, items=[2, Call(func=D, args=[3])])]])], "
        "kind=class))"
    ),
    "class A { class B {} static class C extends B {} void d() { class E {} record F() {} } }": (
        "Define(definition=Class(name=A, methods=[Function(name=d, body=[Define(definition=Class(name=E, kind=class)), "
        "Define(definition=Class(name=F, methods=[Function(name=F, modifiers=[public, synthetic])], kind=record))], "
        "returns=void)], classes=[Class(name=B, kind=class), Class(name=C, bases=[B], kind=class, base_types=[B], "
        "modifiers=[static])], kind=class))"
    ),
    "class A { void f() { A.this.g(); Runnable r = () -> A.this.h(); } }": (
        "Define(definition=Class(name=A, methods=[Function(name=f, body=[Do(value=Call(func=this.g)), "
        "Assign(target=r, value=Lambda(function=Function(body=[Return(value=Call(func=this.h))])), type=Runnable, "
        "declares=var)], returns=void)], kind=class))"
    ),
}


RECEIVERS = {
    "class A { void f() { f(); } }": "this.f",
    "class A { void f() { g(); } }": "g",
    "class A extends B { void f() { g(); } }": "this.g",
    "class A { void g() {} class B { void f() { g(); } } }": "A.g",
    "class A { void g() {} class B extends C { void f() { g(); } } }": "A.g",
    "class A extends B { class C { void f() { g(); } } }": "A.g",
    "class A { void g() {} Object o = new B() { void f() { g(); } }; }": "A.g",
    "class A { Object o = new B() { void f() { g(); } }; }": "this.g",
    "class A extends C { Object o = new B() { void f() { g(); } }; }": "A.g",
    "class A { void g() {} Runnable r = () -> g(); }": "this.g",
    "enum A { B { void f() { g(); } }; void g() {} }": "this.g",
    "record A(int b) { int f() { return b(); } }": "this.b",
}


@pytest.mark.parametrize(("source", "expected"), RECEIVERS.items(), ids=RECEIVERS)
def test_calls_without_a_receiver(source: str, expected: str) -> None:
    assert f"Call(func={expected})" in shape(lower(source.encode(), "A.java").body)


@pytest.mark.parametrize(("source", "expected"), STATEMENTS.items(), ids=STATEMENTS)
def test_statements(source: str, expected: str) -> None:
    module = lower(source.encode(), "A.java")
    assert not module.errors
    assert "|".join(shape(one) for one in statements(source.encode())) == expected


def test_package_and_comments() -> None:
    source = '// one\npackage a.b; /* two */ class C { String d = "// no /* no"; char e = \'"\'; } /** three */'
    module = lower(source.encode(), "A.java")
    assert module.package == "a.b"
    assert [comment.text for comment in module.comments] == ["one", "two", "three"]


def test_comments_may_stand_anywhere() -> None:
    plain = (
        "class A { @B int c = f(1, g.h) + 2; void d(int e) { if (e > 1) return; for (int i = 0; i < 2; i++) x(); } }"
    )
    spaced = plain.replace(" ", " /* c */ ").replace(";", " /* d */ ; // e\n").replace(".", "/*f*/./*g*/")
    assert shape(lower(spaced.encode(), "A.java").body) == shape(lower(plain.encode(), "A.java").body)


def test_places_are_bytes() -> None:
    source = '@주석 class 가 { @A\n  public int 나 = 다("라"); @B void f() {} }'.encode()
    (statement,) = lower(source, "A.java").body
    assert isinstance(statement, ir.Define)
    made = statement.definition
    assert isinstance(made, ir.Class)
    (field,) = made.fields
    assert field.value is not None
    assert source[made.start :].startswith(b"class")
    assert source[field.start :].startswith(b"public")
    assert source[field.value.start : field.value.end].decode() == '다("라")'
    assert source[made.methods[0].start :].startswith(b"void")
    assert source[: made.methods[0].header_end].endswith(b"f() ")


def test_sound_parts_of_a_broken_file_are_kept() -> None:
    source = b"class A { void f() { a(; b(); } int c = ); void g() { d(); } } class B { }"
    module = lower(source, "A.java")
    assert module.errors
    text = shape(module.body)
    assert "name=f" in text
    assert "Call(func=d)" in text
    assert "name=B" in text


def test_a_long_concatenation_stays_text() -> None:
    source = 'String a = "x" + ' + " + ".join(["b", '"c"'] * 400) + ";"
    (statement,) = statements(source.encode())
    assert isinstance(statement, ir.Assign)
    assert isinstance(statement.value, ir.Text)
    assert len(statement.value.parts) == 801


def test_older_korean_files() -> None:
    (statement,) = statements('String a = "값"; // 한글'.encode("cp949"))
    assert isinstance(statement, ir.Assign)
    assert shape(statement.value) == "'값'"
