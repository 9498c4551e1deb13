"""Mapper files of MyBatis and iBATIS: statements, their placeholders, and files made to harm."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_advisor.code.frontends.mybatis import MapperStatement, read, read_script

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE mapper PUBLIC "-//mybatis.org//DTD Mapper 3.0//EN" "x.dtd">\n'
)


def one(inside: str) -> MapperStatement:
    """The only statement of a mapper with a `select` that holds this."""
    (made,) = read(f'{_HEAD}<mapper namespace="a.B"><select id="c">{inside}</select></mapper>'.encode(), "a.xml")
    return made


TEXTS = {
    "select 1": "select 1",
    "select * from a where b = #{c}": "select * from a where b = #{c}",
    "a &lt; b <![CDATA[ and c > d ]]>": "a < b  and c > d",
    "a <!-- ${b} --> c": "a  c",
    "a <where><if test='x'>and b</if><if test='y'>and c</if></where>": "a  WHERE b and c",
    "a <where> OR (b) </where>": "a  WHERE  (b)",
    "a <where><if test='x'> </if></where> b": "a  b",
    "update a <set><if test='x'>b = #{b},</if></set> where c": "update a  SET b = #{b}  where c",
    "in <foreach collection='l' item='i' open='(' close=')' separator=','>#{i}</foreach>": "in  (#{i})",
    "<choose><when test='x'>a</when><when test='y'>b</when><otherwise>c</otherwise></choose>": "a",
    "<choose><when test='x'></when><otherwise>c</otherwise></choose>": "c",
    "a <trim prefix='where' prefixOverrides='and|or'>and b</trim>": "a  where b",
    "a <trim suffixOverrides=','>b,</trim>": "a   b",
    "<bind name='p' value='q'/>a like #{p}": "a like #{p}",
    "a <include refid='none'/> b": "a  b",
}


@pytest.mark.parametrize(("inside", "expected"), TEXTS.items(), ids=TEXTS)
def test_texts(inside: str, expected: str) -> None:
    assert " ".join(one(inside).text.split()) == " ".join(expected.split())


def test_placeholders_have_places() -> None:
    source = (
        '<mapper namespace="한글.M"><sql id="s">order by ${컬럼}</sql><select id="a">\n select #{b, jdbcType=VARCHAR} '
        '<choose><when test="x">${ c.d }</when><otherwise>${e}</otherwise></choose>'
        '<include refid="s"/></select></mapper>'
    ).encode()
    (made,) = read(source, "a.xml")
    assert [(p.name, p.root) for p in made.bound] == [("b, jdbcType=VARCHAR", "b")]
    assert [p.root for p in made.raw] == ["c", "e", "컬럼"]
    assert [source[p.start :].startswith(b"${") for p in made.raw] == [True, True, True]
    assert [made.text[p.at :].startswith("${") for p in made.raw if p.at >= 0] == [True, True]
    assert made.raw[1].at == -1
    at = made.text.index("order")
    assert source[made.source_offset(at) :].startswith(b"order")
    assert source[made.start :].startswith(b'<select id="a"')
    assert source[: made.end].endswith(b"</select>")


def test_statements_of_a_file() -> None:
    source = f"""{_HEAD}<mapper namespace="a.B"><resultMap id="r" type="x"/><sql id="t">${{name}} as x</sql>
    <insert id="i"><selectKey keyProperty="k" resultType="long" order="BEFORE">select next</selectKey>insert a</insert>
    <delete id="d">delete <include refid="a.B.t"><property name="name" value="tab"/></include></delete>
    <select id="s" fetchSize="10"><foreach item="x" collection="xs.ys">${{x}}</foreach></select></mapper>"""
    made = read(source.encode(), "a.xml")
    assert [(m.id, m.kind, " ".join(m.text.split())) for m in made] == [
        ("i!selectKey", "select", "select next"),
        ("i", "insert", "insert a"),
        ("d", "delete", "delete tab as x"),
        ("s", "select", "${x}"),
    ]
    assert made[2].raw == ()
    assert made[3].loops == (("x", "xs.ys"),)
    assert made[3].attributes["fetchSize"] == "10"
    assert {m.namespace for m in made} == {"a.B"}


def test_the_forerunner() -> None:
    source = b"""<sqlMap namespace="A"><select id="a">select * from b where c = #d# and e = '$f$'
    <dynamic prepend="and"><isNotEmpty prepend="and" property="g">g = #g:INTEGER#</isNotEmpty></dynamic>
    </select></sqlMap>"""
    (made,) = read(source, "a.xml")
    assert " ".join(made.text.split()) == "select * from b where c = #{d} and e = '${f}' and g = #{g}"
    assert [source[p.start : p.end] for p in made.raw] == [b"$f$"]
    assert [p.name for p in made.bound] == ["d", "g"]


def test_korean_encoding() -> None:
    inside = "<mapper><select id='a'>select '값' ${나}</select></mapper>"
    source = f'<?xml version="1.0" encoding="EUC-KR"?>{inside}'.encode("euc-kr")
    (made,) = read(source, "a.xml")
    assert made.text == "select '값' ${나}"
    assert source[made.raw[0].start : made.raw[0].end].decode("euc-kr") == "${나}"


def test_annotations() -> None:
    assert [p.name for p in read_script("select * from a where b < ${c} and d = #{e} ]]>").raw] == ["c"]
    made = read_script("<script>select <if test='x'>${a}</if></script>")
    assert made.text.split() == ["select", "${a}"]
    assert read_script("select ${a} </x>\x00").raw[0].name == "a"


def test_other_files_hold_none() -> None:
    assert read(b"<beans><mapper/><select id='a'>b</select></beans>", "a.xml") == []
    assert read(b"", "a.xml") == []


def test_what_stands_before_a_fault_is_kept() -> None:
    made = read(b"<mapper><select id='a'>b</select><select id='c'>d</selec", "a.xml")
    assert [m.id for m in made] == ["a"]


_INCLUDE = '<include refid="s{}"/>'
_LAUGHS = "".join('<!ENTITY l{} "{}">'.format(n + 1, f"&l{n};" * 10) for n in range(12))
_CIRCLES = "".join(f"<sql id='s{n}'>x{_INCLUDE.format(n + 1) * 10}</sql>" for n in range(12))
_SELECT = '<mapper><select id="a">&x;</select></mapper>'
HOSTILE = {
    "billion laughs": f'<!DOCTYPE mapper [<!ENTITY l0 "ha">{_LAUGHS}]><mapper><select id="a">&l12;</select></mapper>',
    "outside entity": '<!DOCTYPE mapper [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + _SELECT,
    "outside parameters": '<!DOCTYPE mapper [<!ENTITY % x SYSTEM "file:///etc/passwd">%x;]>' + _SELECT,
    "deep": "<mapper><select id='a'>" + "<if test='x'>" * 50_000 + "${b}" + "</if>" * 50_000 + "</select></mapper>",
    "fragments of fragments": f"<mapper>{_CIRCLES}<select id='a'><include refid='s0'/></select></mapper>",
    "circle": "<mapper><sql id='s'>a<include refid='s'/></sql><select id='a'><include refid='s'/></select></mapper>",
    "placeholders": "<mapper><select id='a'>" + "${" * 100_000 + "</select></mapper>",
    "open dollars": "<sqlMap><select id='a'>" + "$a" * 100_000 + "</select></sqlMap>",
    "many": "<mapper>" + "<select id='a'>${b}</select>" * 5_000 + "</mapper>",
    "unknown encoding": '<?xml version="1.0" encoding="none"?><mapper><select id="a">b</select></mapper>',
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files(source: str) -> None:
    found = read(source.encode(), "a.xml")
    assert sum(len(made.text) for made in found) < 5_000_000
    assert not any("root:" in made.text for made in found)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 200))
def test_any_bytes(noise: bytes, at: int) -> None:
    source = (
        f'{_HEAD}<mapper><sql id="s">a</sql><select id="a">b ${{c}} <include refid="s"/></select></mapper>'.encode()
    )
    read(source[:at] + noise + source[at:], "a.xml")
    read(b"<mapper" + noise, "a.xml")
