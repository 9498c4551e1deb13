"""A number from a client carries no text, but it can name somebody else's record."""

import textwrap

import pytest

from backend_advisor.code.analysis import analyse


def _sinks(path: str, text: str) -> set[str]:
    analyses, _ = analyse({path: textwrap.dedent(text).encode()})
    flows = [flow for analysis in analyses for flow in analysis.seen.flows.values()]
    return {flow.sink for flow in flows if flow.source.startswith("http.")}


_JAVA = """
import org.springframework.web.bind.annotation.*;
import javax.persistence.EntityManager;
@RestController
class Orders {
    private EntityManager manager;
    @GetMapping("/orders/{id}")
    Object one(@PathVariable Long id) {
        manager.createNativeQuery("select * from orders where id = " + id);
        return manager.find(Order.class, id);
    }
}
"""

_FASTAPI = """
import os
from fastapi import FastAPI
from sqlalchemy.orm import Session
app = FastAPI()
@app.get("/orders/{order_id}")
def one(order_id: int, session: Session):
    os.system(f"ls {order_id}")
    return session.get(Order, order_id)
"""


@pytest.mark.parametrize(("path", "text"), [("Orders.java", _JAVA), ("app.py", _FASTAPI)])
def test_number_reaches_only_records(path: str, text: str) -> None:
    assert _sinks(path, text) == {"record.id"}
