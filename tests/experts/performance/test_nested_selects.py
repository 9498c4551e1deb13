"""Results of MyBatis whose rows each run another statement."""

from pathlib import Path

import pytest

from backend_advisor.advise import review

MAPPER = """<mapper namespace="a.M">
  <resultMap id="order" type="a.Order">
    <id property="id" column="id"/>
    {inside}
  </resultMap>
  <select id="find" resultMap="order">select id from orders where day = #{{day}}</select>
  <select id="items" resultType="a.Item">select id from item where order_id = #{{id}}</select>
</mapper>
"""
INTERFACE = (
    "package a;\nimport java.util.List;\ninterface M {{ {kind} find(String day); List<Item> items(long id); }}\n"
)


def found(folder: Path, inside: str, kind: str) -> list[int]:
    """The lines of the mapper at which a query in a loop is told."""
    (folder / "M.xml").write_text(MAPPER.format(inside=inside))
    (folder / "M.java").write_text(INTERFACE.format(kind=kind))
    told = [one.location for one in review([folder], select=("PERF201",)).findings]
    assert all(one.artifact.endswith("M.xml") for one in told)
    return [one.span.line for one in told if one.span is not None]


@pytest.mark.parametrize(
    "inside",
    [
        '<collection property="items" column="id" select="items"/>',
        '<association property="first" column="id" select="a.M.items"></association>',
    ],
)
def test_rows_that_each_ask_again(tmp_path: Path, inside: str) -> None:
    assert found(tmp_path, inside, "List<Order>") == [4]


@pytest.mark.parametrize(
    ("inside", "kind"),
    [
        ('<collection property="items" column="id" select="items"/>', "Order"),
        ('<collection property="items" column="id" select="items" fetchType="lazy"/>', "List<Order>"),
        ('<collection property="items" ofType="a.Item"><id property="id" column="i"/></collection>', "List<Order>"),
        ('<!-- <collection property="items" column="id" select="items"/> -->', "List<Order>"),
    ],
)
def test_results_that_ask_once(tmp_path: Path, inside: str, kind: str) -> None:
    assert found(tmp_path, inside, kind) == []
