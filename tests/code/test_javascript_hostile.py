"""Files that are broken, deep, huge or no source at all: lowered as far as they can be, at once."""

import random
import time
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from backend_advisor.code import ir
from backend_advisor.code.frontends.javascript import lower

_DEEP = {
    "parentheses": ("(", "1", ")"),
    "arrays": ("[", "1", "]"),
    "objects": ("x = {a: [", "1", "]}"),
    "blocks": ("{", "a", "}"),
    "functions": ("function f() {", "a", "}"),
    "arrows": ("() => ", "1", ""),
    "not": ("!", "1", ""),
    "calls": ("f(", "1", ")"),
    "branches": ("if (a) ", "b", ""),
    "else": ("if (a) {} else ", "b", ""),
    "templates": ("`${", "1", "}`"),
    "members": ("a.", "b", ""),
    "chains": ("a.b().", "c", ""),
    "conditionals": ("a ? b : ", "c", ""),
    "new": ("new ", "A", ""),
    "classes": ("class A { m() {", "a", "}}"),
    "awaits": ("await ", "a", ""),
    "assignments": ("a = ", "1", ""),
    "elements": ("<a>", "b", "</a>"),
    "types": ("let x: A<", "B", ">"),
    "loops": ("for (;;) ", "a", ""),
    "switches": ("switch (a) { case 1: ", "b", "}"),
    "sequences": ("a, ", "b", ""),
    "sums": ("a + ", "b", ""),
    "patterns": ("[", "a", "] = b"),
}


def depth(value: Any) -> int:
    """How deep a tree is, found without recursion."""
    deepest, left = 0, [(value, 1)]
    while left:
        one, level = left.pop()
        deepest = max(deepest, level)
        if isinstance(one, list | tuple):
            left += [(part, level) for part in one]
        elif is_dataclass(one):
            left += [(getattr(one, field.name), level + 1) for field in fields(one)]
    return deepest


@pytest.mark.parametrize("path", ["a.js", "a.tsx"])
@pytest.mark.parametrize("kind", _DEEP)
def test_deep_nesting_is_bounded(kind: str, path: str) -> None:
    opening, inside, closing = _DEEP[kind]
    for source in (opening * 10_000 + inside + closing * 10_000, opening * 10_000):
        module = lower(source.encode(), path)
        assert depth(module.body) < 900
    whole = lower((opening * 20 + inside + closing * 20).encode(), path)
    assert whole.errors == [] or kind in ("objects", "patterns", "elements", "types", "awaits", "new")


def test_random_bytes_never_raise() -> None:
    chance = random.Random(7)
    for size in (0, 1, 7, 300, 20_000):
        for path in ("a.js", "a.ts", "a.tsx"):
            assert lower(chance.randbytes(size), path).path == path


_SOURCE = """
import express, {type Request} from 'express';
const {a = 1, ...rest} = require('./a');
@Controller('users')
export class Users extends Base<User> {
  private readonly db: Pool = new Pool({max: 10});
  constructor(private readonly service: Service, @Inject('x') y?: Y) { super(); }
  @Get(':id') async find(@Param('id') id: string): Promise<User | null> {
    const rows = await this.db.query(`SELECT * FROM users WHERE id = ${id}`);
    for (const row of rows) { if (row.a?.b) continue; else throw new Error('x'); }
    switch (id) { case '1': return rows[0]; default: break; }
    try { return rows.map(({name, ...x}) => ({name, x})) } catch { return null } finally { this.done() }
  }
}
module.exports = {a, b: function* () { yield /x+/g.test(a) }, async c() {}};
export default <T,>(x: T) => x as unknown as string;
"""


def test_truncated_and_damaged_files_never_raise() -> None:
    chance = random.Random(11)
    source = _SOURCE.encode()
    for cut in range(0, len(source), 3):
        for path in ("a.js", "a.ts", "a.tsx"):
            lower(source[:cut], path)
    for _ in range(400):
        damaged = bytearray(source)
        for _ in range(chance.randint(1, 12)):
            at = chance.randrange(len(damaged))
            damaged[at : at + chance.randint(0, 3)] = bytes(
                chance.choices(b"(){}[]<>;,.:'\"`$@!?=+-*/\\ \n\x00\xffa", k=2)
            )
        lower(bytes(damaged), chance.choice(["a.js", "a.ts", "a.tsx"]))


def test_sound_parts_of_a_broken_file_are_kept() -> None:
    source = b"function a() { return 1 }\nconst = ;\nfunction b() { return f(2) }\n"
    module = lower(source, "a.js")
    names = [one.definition.name for one in module.body if isinstance(one, ir.Define)]
    assert names == ["a", "b"]
    assert any(source[start:end].strip() and start > 20 for start, end in module.errors)


def test_annotations_of_flow_are_read_as_types() -> None:
    module = lower(
        b"// @flow\nexport const f = (a: string, b: ?number): Promise<void> => g(a);\nconst h = (x: string) => x;",
        "a.js",
    )
    assert module.language == "javascript" and len(module.errors) < 3
    assert len([one for one in module.body if isinstance(one, ir.Assign)]) == 2


def test_korean_code_pages_and_byte_order_marks() -> None:
    module = lower("const a = '한글'; // 설명".encode("cp949"), "a.js")
    assign = module.body[0]
    assert isinstance(assign, ir.Assign) and isinstance(assign.value, ir.Const)
    assert assign.value.value == "한글"
    assert module.comments[0].text == "설명"
    marked = lower("\ufeffconst a = 1".encode(), "a.ts")
    assert isinstance(marked.body[0], ir.Assign) and marked.errors == []


def test_a_minified_bundle_takes_time_in_line_with_its_size() -> None:
    piece = "!function(e,t){var n=t(1),r=e&&e.x?n.a(e.x):n.b,i=[1,,2].map(o=>o?r:`${o}`);if(i)return r.c=1,n}(a,b),"
    source = (piece * 3000 + "0;").encode()
    started = time.process_time()
    module = lower(source, "a.min.js")
    assert time.process_time() - started < 8
    assert module.errors == [] and len(module.body) > 1000
