"""The index that a plan's own conditions and order ask for."""

import pytest

from backend_advisor.sql.plan.serving_index import serving_index


@pytest.mark.parametrize(
    ("condition", "keys", "columns", "ordered"),
    [
        ("((shop_id = 42) AND (status = 'PAID'::text))", "created_at DESC", ("shop_id", "status", "created_at"), True),
        ("((shop_id = 42) AND (total > 900))", "created_at DESC", ("shop_id", "total"), False),
        ("(status = ANY ('{A,B}'::text[]))", "id", ("status",), False),
        ("(shop_id = 42)", "created_at DESC, id", ("shop_id", "created_at DESC", "id"), True),
        ("(shop_id = 42)", "paid_at DESC NULLS LAST", ("shop_id", "paid_at DESC NULLS LAST"), True),
        ("(o.shop_id = 42)", "o.shop_id, o.created_at", ("shop_id", "created_at"), True),
        ("(shop_id = 42)", "lower(name)", ("shop_id",), False),
        ("(shop_id = 42)", "c.name", ("shop_id",), False),
        ('("shopId" = 42)', "", ('"shopId"',), False),
        ("", "created_at DESC", ("created_at",), True),
    ],
)
def test_columns(condition: str, keys: str, columns: tuple[str, ...], ordered: bool) -> None:
    index = serving_index(condition, keys, ["o", "orders"])
    assert index is not None
    assert index.columns == columns
    assert index.serves_order is ordered


@pytest.mark.parametrize("condition", ["((a = 1) OR (b = 2))", "(lower(name) = 'x'::text)", "(c.id = 4)", "((((", ""])
def test_no_index_serves(condition: str) -> None:
    assert serving_index(condition, "", ["o", "orders"]) is None


def test_names_of_mysql_are_not_quoted() -> None:
    index = serving_index("(orders.shopId = 42)", "orders.createdAt DESC", ["orders"], "mysql")
    assert index is not None
    assert index.columns == ("shopId", "createdAt")
