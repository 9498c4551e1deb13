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
CREATE TABLE visits (user_id integer, page text, seconds integer, at timestamptz,
    UNIQUE (user_id, at));
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
            self._subqueries, self._spare_join, self._grouped, self._union, self._page, self._tied_page, self._wide_page, self._wide_page, self._lookups,
            self._firsts, self._laterals, self._latest, self._latest, self._latest_joined, self._latest_joined,
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

    def _tied_page(self) -> str:
        keys = self._pick(
            "o.created_at DESC", "o.created_at", "o.user_id, o.created_at", "o.user_id DESC, o.created_at", "o.quantity"
        )
        join = self._pick("", "", " JOIN users u ON u.id = o.user_id", " LEFT JOIN profiles p ON p.user_id = o.user_id")
        where = f" WHERE {self._order_atom()}" if self._rng.random() < 0.3 else ""
        columns = self._pick("o.id, o.status", "o.*", "*")
        return f"SELECT {columns} FROM orders o{join}{where} ORDER BY {keys} LIMIT {self._pick('1', '3', '5')} OFFSET {self._pick('1', '2', '4')}"

    def _wide_page(self) -> str:
        join = self._pick("", "", " LEFT JOIN profiles p ON p.user_id = u.id", " JOIN regions r ON r.id = u.region_id",
                          " JOIN regions r ON r.id = u.region_id LEFT JOIN profiles p ON p.user_id = u.id AND p.bio = 'a'",
                          " LEFT JOIN orders o ON o.user_id = u.id")  # fmt: skip
        columns = self._pick(
            "*", "u.*", "u.id, u.name, u.email", "u.id, (SELECT count(*) FROM visits v WHERE v.user_id = u.id) AS seen"
        )
        keys = ["u.created_at DESC", "u.created_at", "u.age NULLS FIRST, u.id", "u.status DESC", "lower(u.name)"]
        keys += ["p.born, u.id"] if "profiles" in join else ["r.name"] if "regions" in join else []
        where = (
            self._where(1)
            if not join
            else self._pick("", " WHERE u.age > 1", " WHERE u.status = 'a' OR u.name IS NULL")
        )
        return f"SELECT {columns} FROM users u{join}{where} ORDER BY {self._pick(*keys)} LIMIT {self._pick('1', '3', '6')} OFFSET {self._pick('1', '2', '5')}"

    def _lookups(self) -> str:
        values = [
            self._pick("(SELECT u.name FROM users u WHERE u.id = o.user_id)", "(SELECT u.age FROM users u WHERE u.id = o.user_id) AS years",
                       "(SELECT u.name FROM users u WHERE o.user_id = u.id AND u.status = 'a') AS active", "(SELECT p.bio FROM profiles p WHERE p.user_id = o.user_id LIMIT 1)",
                       "(SELECT v.page FROM visits v WHERE v.user_id = o.quantity AND v.at = o.created_at) AS page",
                       "(SELECT u.name FROM users u WHERE u.email = o.status) AS owner")
            for _ in range(self._rng.randint(1, 3))
        ]  # fmt: skip
        tail = self._pick("", "", " ORDER BY o.created_at LIMIT 3", " ORDER BY o.status DESC")
        first = self._pick("o.id", "o.*", "*")
        where = f" WHERE {self._order_atom()}" if self._rng.random() < 0.4 else ""
        return f"SELECT {first}, {', '.join(values)} FROM orders o{where}{tail}"

    def _firsts(self) -> str:
        extra = f" AND {self._order_atom()}" if self._rng.random() < 0.4 else ""
        key = self._pick(
            "o.user_id = u.id", "o.user_id = u.id", "o.quantity < u.age", "o.user_id = u.id AND o.status = u.status"
        )
        order = self._pick(
            "o.created_at DESC",
            "o.id",
            "o.amount DESC NULLS LAST",
            "o.quantity, o.id DESC",
            "o.status, o.created_at DESC",
        )
        first = self._rng.random() < 0.6
        outputs = (
            ("o.amount", "o.status", "o.id", "coalesce(o.quantity, 0)")
            if first
            else ("count(*)", "max(o.created_at)", "sum(o.amount)", "coalesce(max(o.quantity), 0)")
        )
        end = f" ORDER BY {order} LIMIT 1" if first else ""
        chosen = self._rng.sample(outputs, self._rng.randint(1, 3))
        values = [
            f"(SELECT {one} FROM orders o WHERE {key}{extra}{end})" + self._pick("", f" AS v{n}")
            for n, one in enumerate(chosen)
        ]
        start = self._pick("u.id", "*", "u.name")
        return f"SELECT {start}, {', '.join(values)} FROM users u{self._where(1)}{self._tail()}"

    def _laterals(self) -> str:
        figures = self._pick(
            "count(*) AS n",
            "count(*) AS n, max(o.amount) AS top",
            "sum(o.amount) AS n, count(o.quantity) AS counted",
            "min(o.created_at) AS n",
        )
        extra = f" AND {self._order_atom()}" if self._rng.random() < 0.4 else ""
        kind, on = self._pick("LEFT JOIN", "JOIN", "CROSS JOIN"), " ON true"
        on = "" if kind == "CROSS JOIN" else on
        key = self._pick("o.user_id = u.id", "o.quantity = u.age", "o.user_id = u.id AND o.status = u.status")
        where = self._pick("", " WHERE s.n IS NULL", " WHERE u.age > 1")
        order = self._pick("", " ORDER BY s.n, u.id LIMIT 4", " ORDER BY u.id")
        columns = self._pick("u.id, s.n", "u.name, s.n AS figure", "u.id, s.*")
        return f"SELECT {columns} FROM users u {kind} LATERAL (SELECT {figures} FROM orders o WHERE {key}{extra}) s{on}{where}{order}"

    def _latest(self) -> str:
        function = self._pick("max", "max", "min")
        table, unique, other = self._rng.choice((("orders", "id", "created_at"), ("visits", "at", "seconds")))
        column = self._pick(unique, unique, unique, other)
        group = self._pick("user_id", "user_id", "status" if table == "orders" else "page")
        figure = "quantity" if table == "orders" else "seconds"
        extra = self._pick(
            "", "", " AND {a}.user_id > 1", f" AND {{a}}.{figure} > 1", f" AND {{a}}.{figure} IS NOT NULL"
        )
        outer = self._pick("", extra.format(a="t"), extra.format(a="t"))
        inner = f"SELECT {function}(b.{column}) FROM {table} b WHERE b.{group} = t.{group}{extra.format(a='b')}"
        if table == "orders" and self._rng.random() < 0.4:
            sort = self._pick("b.created_at DESC", "b.amount DESC NULLS LAST", "b.status, b.id", "b.quantity")
            inner = (
                f"SELECT b.id FROM orders b WHERE b.{group} = t.{group}{extra.format(a='b')} ORDER BY {sort} LIMIT 1"
            )
            column = "id"
        join = self._pick("", "", " LEFT JOIN users u ON u.id = t.user_id", " JOIN users u ON u.id = t.user_id")
        columns = self._pick("t.*", "*") if self._rng.random() < 0.6 else f"t.{group}, t.{column}"
        return f"SELECT {columns} FROM {table} t{join} WHERE t.{column} = ({inner}){outer}{self._pick('', f' ORDER BY t.{column}')}"

    def _latest_joined(self) -> str:
        table, unique, other = self._rng.choice((("orders", "id", "created_at"), ("visits", "at", "seconds")))
        column = self._pick(unique, other, other)
        far = self._pick("u.id", "t.user_id")
        figure = "quantity" if table == "orders" else "seconds"
        extra = self._pick("", "", f" AND {{a}}.{figure} > 1")
        inner = (
            f"SELECT {self._pick('max', 'min')}(b.{column}) FROM {table} b WHERE b.user_id = {far}{extra.format(a='b')}"
        )
        if table == "orders" and self._rng.random() < 0.3:
            sort = self._pick("b.created_at DESC", "b.amount", "b.status DESC, b.id")
            inner, column = (
                f"SELECT b.id FROM orders b WHERE b.user_id = {far}{extra.format(a='b')} ORDER BY {sort} LIMIT 1",
                "id",
            )
        pick = f"t.{column} = ({inner}){extra.format(a='t') if self._rng.random() < 0.8 else ''}"
        columns = self._pick("*", "u.id, t.*", f"u.name, t.{column}")
        side = self._pick("", "LEFT ")
        if side or self._rng.random() < 0.5:
            source = f"users u {side}JOIN {table} t ON t.user_id = u.id AND {pick}{self._where(1)}"
        else:
            source = f"users u JOIN {table} t ON t.user_id = u.id WHERE {pick}"
        return f"SELECT {columns} FROM {source}{self._pick('', ' ORDER BY u.id', ' ORDER BY u.created_at LIMIT 3')}"
