"""Random queries over one schema, shaped so that every family of rewrites is met often."""

# ruff: noqa: E501 (a query is read best on one line)

import random

DDL = """
CREATE TABLE regions (id integer PRIMARY KEY, name text);
CREATE TABLE users (id integer PRIMARY KEY, email varchar(60) NOT NULL UNIQUE, name text, status text, age integer,
    region_id integer REFERENCES regions(id), created_at timestamp, seen_at timestamptz);
CREATE TABLE profiles (id integer PRIMARY KEY, user_id integer UNIQUE REFERENCES users(id), bio text, born date);
CREATE TABLE orders (id integer PRIMARY KEY, user_id integer NOT NULL REFERENCES users(id), status text,
    amount numeric, quantity integer, coupon_id integer, created_at timestamp NOT NULL);
CREATE TABLE visits (user_id integer, page text, seconds integer, at timestamptz);
"""

_DAYS = ("2024-01-01", "2024-02-29", "2024-12-31", "2024-03-31")
_WORDS = ("a", "ab", "a_c", "abc", "%")
_OPERATORS = ("=", "<", "<=", ">", ">=")


class QueryGenerator:
    """Queries from one seed."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)

    def query(self) -> str:
        """One query of a random shape."""
        shapes = (
            self._rows, self._rows, self._member, self._member, self._either, self._either, self._limited, self._limited, self._distinct, self._subqueries,
            self._subqueries, self._spare_join, self._grouped, self._union, self._page,
        )  # fmt: skip
        return self._rng.choice(shapes)()

    def _pick(self, *choices: str) -> str:
        return self._rng.choice(choices)

    def _day(self) -> str:
        return f"'{self._rng.choice(_DAYS)}'"

    def _word(self) -> str:
        return f"'{self._rng.choice(_WORDS)}'"

    def _number(self) -> str:
        return str(self._rng.choice((0, 1, 2, 3, 7, 10)))

    def _compare(self) -> str:
        return self._rng.choice(_OPERATORS)

    def _user_atom(self) -> str:
        op, day, number, word = self._compare(), self._day(), self._number(), self._word()
        moment = self._pick("u.created_at", "u.seen_at")
        return self._pick(
            f"u.age {op} {number}", f"u.status = {word}", "u.name IS NULL", "u.region_id IN (1, 2, NULL)",
            f"date({moment}) {op} {day}", f"{moment}::date {op} {day}", f"date({moment}) BETWEEN {day} AND {self._day()}",
            f"date_trunc('{self._pick('day', 'month', 'year')}', {moment}) = {self._pick(day, chr(39) + '2024-01-01' + chr(39))}",
            f"extract(year from {moment}) = {self._pick('2024', '2023')}",
            f"{moment} + interval '{self._pick('7 days', '1 hour', '1 month')}' {op} {day}",
            f"{moment} - interval '3 days' {op} {day}",
            f"u.age + 2 {op} {number}", f"left(u.name, {self._pick('1', '2', '3')}) = {word}",
            f"substring(u.status, 1, {self._pick('1', '2')}) = {word}", f"coalesce(u.status, {word}) = {self._word()}",
            f"coalesce(u.age, {number}) = {self._number()}", f"u.name LIKE {word}", f"NOT (u.age {op} {number})",
            self._membership(), self._membership(), self._membership(), f"lower(u.name) = {word}",
        )  # fmt: skip

    def _order_atom(self) -> str:
        op, number, word = self._compare(), self._number(), self._word()
        return self._pick(
            f"o.quantity {op} {number}", f"o.status = {word}", f"o.amount {op} {number}", "o.coupon_id IS NOT NULL",
            f"date(o.created_at) {op} {self._day()}",
        )  # fmt: skip

    def _membership(self) -> str:
        number, order = self._number(), self._pick("", "", " ORDER BY o.id")
        inner = f"SELECT o.user_id FROM orders o WHERE {self._order_atom()}{order}"
        return self._pick(
            f"u.id IN ({inner})", f"u.id NOT IN ({inner})",
            f"u.age IN (SELECT o.quantity FROM orders o WHERE {self._order_atom()})",
            "u.age NOT IN (SELECT o.quantity FROM orders o)",
            "u.id NOT IN (SELECT v.user_id FROM visits v)",
            f"u.id NOT IN (SELECT v.user_id FROM visits v WHERE v.user_id IS NOT NULL AND v.seconds > {number})",
            "NOT (u.age IN (SELECT v.seconds FROM visits v))",
            f"EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id AND {self._order_atom()}{order})",
            f"(SELECT count(*) FROM orders o WHERE o.user_id = u.id AND {self._order_atom()}) "
            + self._pick("> 0", ">= 1", "= 0", "< 1", "<> 0", "> 1"),
            "(SELECT count(o.quantity) FROM orders o WHERE o.user_id = u.id) > 0",
            "u.age > (SELECT avg(o.quantity) FROM orders o WHERE o.user_id = u.id)",
        )  # fmt: skip

    def _where(self, most: int = 2) -> str:
        atoms = [self._user_atom() for _ in range(self._rng.randint(0, most))]
        if len(atoms) == 2 and self._rng.random() < 0.3:
            return f" WHERE ({atoms[0]} {self._pick('OR', 'AND')} {atoms[1]})"
        return " WHERE " + " AND ".join(atoms) if atoms else ""

    def _tail(self) -> str:
        key = self._pick("u.id", "u.age", "u.created_at DESC", "u.name, u.id", "u.status NULLS FIRST", "u.email DESC")
        return self._pick("", "", f" ORDER BY {key}", f" ORDER BY {key} LIMIT {self._pick('1', '3', '5')}", " LIMIT 4")

    def _rows(self) -> str:
        columns = self._pick("*", "u.*", "u.id, u.name", "u.id, u.age AS years, u.created_at", "count(*), max(u.age)")
        tail = self._tail() if "count" not in columns else ""
        return f"SELECT {columns} FROM users u{self._where()}{tail}"

    def _member(self) -> str:
        columns = self._pick("u.id", "u.id, u.name, u.age", "u.*")
        return f"SELECT {columns} FROM users u WHERE {self._membership()}{self._tail()}"

    def _either(self) -> str:
        source = self._pick(
            "users u", "users u JOIN orders o ON o.user_id = u.id", "users u LEFT JOIN profiles p ON p.user_id = u.id"
        )
        other = (
            self._order_atom()
            if "orders" in source
            else "p.born > '2024-01-01'"
            if "profiles" in source
            else self._user_atom()
        )
        third = f" OR {self._user_atom()}" if self._rng.random() < 0.3 else ""
        rest = f" AND {self._user_atom()}" if self._rng.random() < 0.4 else ""
        columns = self._pick("u.id, u.name, u.age", "u.name, u.status, u.age, u.id, u.created_at, u.email")
        return f"SELECT {columns} FROM {source} WHERE ({self._user_atom()} OR {other}{third}){rest}{self._tail()}"

    def _limited(self) -> str:
        joins = self._pick(
            "LEFT JOIN profiles p ON p.user_id = u.id", "LEFT JOIN orders o ON o.user_id = u.id",
            "LEFT JOIN profiles p ON p.user_id = u.id LEFT JOIN orders o ON o.user_id = u.id AND o.quantity > 1",
            "JOIN orders o ON o.user_id = u.id",
        )  # fmt: skip
        columns = self._pick("*", "u.*", "u.id, u.name") if self._rng.random() < 0.5 else "u.id, u.created_at"
        keys = self._pick("u.created_at DESC", "u.id", "u.age, u.id", "u.status DESC NULLS LAST")
        offset = self._pick("", "", " OFFSET 2")
        return f"SELECT {columns} FROM users u {joins}{self._where(1)} ORDER BY {keys} LIMIT {self._pick('1', '3', '10')}{offset}"

    def _distinct(self) -> str:
        columns = self._pick("u.id, u.name", "u.name", "u.email, u.status", "u.status, u.age", "u.name, o.status")
        extra = f" AND {self._order_atom()}" if self._rng.random() < 0.6 else ""
        user = f" AND u.age {self._compare()} {self._number()}" if self._rng.random() < 0.5 else ""
        order = self._pick("", "", f" ORDER BY {columns.split(',')[0]}")
        join = self._pick(
            "orders o ON o.user_id = u.id",
            "orders o ON o.quantity = u.age",
            "orders o ON o.user_id = u.id AND o.amount > 1",
        )
        return f"SELECT DISTINCT {columns} FROM users u JOIN {join} WHERE true{extra}{user}{order}"

    def _subqueries(self) -> str:
        aggregate = self._pick("count(*)", "count(o.quantity)", "sum(o.amount)", "min(o.created_at)", "max(o.quantity)",
                               "coalesce(sum(o.quantity), 0)", "avg(o.amount)", "count(DISTINCT o.status)")  # fmt: skip
        extra = f" AND {self._order_atom()}" if self._rng.random() < 0.5 else ""
        key = self._pick(
            "o.user_id = u.id", "u.id = o.user_id", "o.quantity = u.age", "o.user_id = u.id AND o.status = u.status"
        )
        name = self._pick("", " AS figure")
        return f"SELECT u.id, u.name, (SELECT {aggregate} FROM orders o WHERE {key}{extra}){name} FROM users u{self._where(1)}{self._tail()}"

    def _spare_join(self) -> str:
        join = self._pick(
            "LEFT JOIN profiles p ON p.user_id = u.id", "LEFT JOIN profiles p ON p.user_id = u.id AND p.bio = 'a'",
            "JOIN regions r ON r.id = u.region_id", "LEFT JOIN regions r ON r.id = u.region_id",
            "LEFT JOIN visits v ON v.user_id = u.id", "JOIN profiles p ON p.user_id = u.id",
        )  # fmt: skip
        if self._rng.random() < 0.3:
            side = self._pick("", "LEFT ")
            return (
                f"SELECT o.id, o.amount FROM orders o {side}JOIN users u ON u.id = o.user_id WHERE {self._order_atom()}"
            )
        return f"SELECT u.id, u.name, u.age FROM users u {join}{self._where()}{self._tail()}"

    def _grouped(self) -> str:
        condition = self._pick("u.status = 'a'", "u.status IS NOT NULL AND count(*) > 1", "count(*) > 1", "u.age > 1 AND u.status = 'ab'",
                               "max(u.id) > 2 AND u.age IS NULL")  # fmt: skip
        order = self._pick("", " ORDER BY u.status, u.age", " ORDER BY count(*) DESC LIMIT 2")
        return f"SELECT u.status, u.age, count(*) AS total FROM users u{self._where(1)} GROUP BY u.status, u.age HAVING {condition}{order}"

    def _union(self) -> str:
        columns = self._pick("id, name", "id, status, age", "name, age", "email, id")
        one, other = self._rng.sample(_WORDS, 2)
        if self._rng.random() < 0.3:
            other = one
        left = f"SELECT {columns} FROM users WHERE status = '{one}'"
        right = f"SELECT {columns} FROM users WHERE status = '{other}' AND age {self._compare()} {self._number()}"
        return f"{left} UNION {right}" + self._pick("", f" ORDER BY {columns.split(',')[0]}", " ORDER BY 1 LIMIT 3")

    def _page(self) -> str:
        keys = self._pick(
            "o.created_at DESC, o.id DESC", "o.created_at, o.id", "o.id", "o.created_at DESC, o.id", "o.status, o.id"
        )
        where = f" WHERE {self._order_atom()}" if self._rng.random() < 0.4 else ""
        return f"SELECT o.id, o.status FROM orders o{where} ORDER BY {keys} LIMIT {self._pick('1', '3')} OFFSET {self._pick('1', '2', '4')}"
