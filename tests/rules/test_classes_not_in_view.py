"""What a pasted file names and does not hold is guessed by its name and use; what is in view is what it says."""

from importlib import import_module

from backend_advisor import knowledge
from backend_advisor.code.reading import read_code
from backend_advisor.experts import experts
from backend_advisor.knowledge.detection import Failures
from backend_advisor.model import Artifact, ArtifactKind
from backend_advisor.rules.places import Places
from backend_advisor.rules.registry import CodeContext, load_detectors
from backend_advisor.rules.running import matches

_CONTROLLER = """
package shop;

import org.springframework.web.bind.annotation.*;

@RestController
class OrderController {
    private OrderRepository orderRepository;

    @PostMapping("/orders")
    Order create(@RequestBody Order order) {
        for (Order one : orderRepository.findAll()) {
            one.getUser().getName();
        }
        return orderRepository.save(order);
    }
}
"""
_VIEW = """
from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from app.db import get_db
from app.models import Order

router = APIRouter()


@router.post("/orders")
def create(body: dict, db: Session = Depends(get_db)):
    names = [order.user.name for order in db.query(Order).limit(9).all()]
    db.add(Order(**body))
    return names
"""


def _codes(kind: ArtifactKind, **files: str) -> set[str]:
    suffix = {ArtifactKind.JAVA: "java", ArtifactKind.PYTHON: "py", ArtifactKind.TYPESCRIPT: "ts"}[kind]
    artifacts = tuple(
        Artifact(name=f"{name.replace('__', '/')}.{suffix}", kind=kind, text=text, origin="file")
        for name, text in files.items()
    )
    for expert in experts():
        package = expert.__name__.rpartition(".")[0]  # type: ignore[attr-defined]
        if not package.endswith("database"):
            load_detectors(import_module(f"{package}.detectors"))
    reading = read_code(artifacts)
    places = Places(reading.artifacts)
    failures = Failures()
    found = {
        rule.code
        for analysis in reading.analyses
        for room in ("security", "performance", "quality")
        for rule, _ in matches(CodeContext(analysis, places), knowledge.load(), room, failures)
    }
    assert not failures.causes
    return found


def test_a_repository_that_is_not_in_view_is_one_of_spring_data() -> None:
    assert {"SEC217", "PERF201", "PERF204"} <= _codes(ArtifactKind.JAVA, shop__OrderController=_CONTROLLER)


def test_a_repository_in_view_is_what_it_says() -> None:
    own = "package shop;\n\ninterface OrderRepository {\n  Order save(Order one);\n  Iterable<Order> findAll();\n}\n"
    found = _codes(ArtifactKind.JAVA, shop__OrderController=_CONTROLLER, shop__OrderRepository=own)
    assert not {"SEC217", "PERF201", "PERF204"} & found


def test_an_entity_in_view_says_what_it_loads() -> None:
    entity = "package shop;\n\nclass Order {\n    private User user;\n\n    User getUser() { return user; }\n}\n"
    found = _codes(ArtifactKind.JAVA, shop__OrderController=_CONTROLLER, shop__Order=entity)
    assert "PERF201" not in found


def test_a_model_that_is_not_in_view_is_known_by_its_use() -> None:
    assert {"SEC217", "PERF201"} <= _codes(ArtifactKind.PYTHON, app__routes=_VIEW)


def test_a_class_in_view_that_is_no_model() -> None:
    plain = "class Order:\n    def __init__(self, **values):\n        self.values = values\n"
    found = _codes(ArtifactKind.PYTHON, app__routes=_VIEW, app__models=plain)
    assert not {"SEC217", "PERF201"} & found


def test_a_program_of_many_files_is_not_guessed_at() -> None:
    others = {f"app__other{number}": "VALUE = 1\n" for number in range(3)}
    assert not {"SEC217", "PERF201"} & _codes(ArtifactKind.PYTHON, app__routes=_VIEW, **others)


def test_services_and_sessions_that_are_not_in_view() -> None:
    nest = """
import { Body, Controller, Get, Post } from '@nestjs/common';
import { PrismaService } from '../prisma/prisma.service';

@Controller('users')
export class Users {
  constructor(private readonly prisma: PrismaService) {}

  @Post()
  create(@Body() body: any) {
    return this.prisma.user.create({ data: body });
  }
}
"""
    assert "SEC217" in _codes(ArtifactKind.TYPESCRIPT, users=nest)
    fastapi = """
from fastapi import FastAPI

from database import SessionLocal
from models import User

app = FastAPI()
db = SessionLocal()


@app.get("/users")
def users():
    return [user.team.name for user in db.query(User).all()]
"""
    assert {"PERF201", "PERF204"} <= _codes(ArtifactKind.PYTHON, users=fastapi)
