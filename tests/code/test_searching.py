"""Patterns guarded by words, and walking a tree: quick ways that must give what the plain ways give."""

import pytest

from backend_advisor.code import ir
from backend_advisor.code.frontends import front_end
from backend_advisor.code.searching import Guarded, mentions
from backend_advisor.code.tree import children, everything, in_whole, of_kind

_CODE = """
class A(B):
    x: int = f(1, *a, k=2, **d)
    async def m(self, p=q[0:1]):
        y = await self.g({1: z, **r}, [u, *v], f"{w}t", lambda e: -e)
        if y and (y < 3 or not x): return y.b[2]
        def inner(): return [i for i in y if i]
        return
"""


def test_words_are_found_in_capitals_and_small_letters() -> None:
    assert mentions(b"MAX_Size = 3", (b"max_size",))
    assert not mentions(b"size", (b"max_size",))


def test_a_guarded_pattern_matches_where_it_would_alone() -> None:
    pattern = Guarded(rb"\bAPP_(?:GUARD|KEY)\b", b"app_guard", b"app_key")
    assert pattern.is_in(b"x APP_KEY y")
    assert not pattern.is_in(b"x app_key y")
    assert not pattern.is_in(b"APP_KEYS")
    assert pattern.is_between(b"x APP_KEY y", 2, 9)
    assert not pattern.is_between(b"x APP_KEY y", 3, 9)
    assert pattern.is_in_any([b"", b"APP_GUARD"])


def test_what_stands_in_a_node_is_in_order_of_place() -> None:
    body = front_end("python").lower(_CODE.encode(), "a.py").body
    for node in everything(body):
        starts = [one.start for one in children(node) if not isinstance(one, ir.Field | ir.Function)]
        assert starts == sorted(starts) or isinstance(node, ir.Comprehension)


@pytest.mark.parametrize("kind", [ir.Call, ir.Return, ir.Name, ir.While])
def test_nodes_of_a_kind_are_those_of_the_whole_function(kind: type[ir.Node]) -> None:
    module = front_end("python").lower(_CODE.encode(), "a.py")
    function = next(one for one in everything(module.body) if isinstance(one, ir.Function) and one.name == "m")
    assert of_kind(function, kind) == tuple(one for one in in_whole(function) if type(one) is kind)
