"""What is true of Python and Java but not worth a reviewer's time stays a note, and what is worth it stays told."""

from backend_advisor.advise import advise
from backend_advisor.experts import Terms
from backend_advisor.model import Artifact, ArtifactKind, Case, Confidence
from tests.rules.test_confidence import told, worth

_FASTAPI = """from fastapi import BackgroundTasks, Depends, FastAPI
from sqlalchemy.orm import Session

app = FastAPI()


"""
_BY_ID = """

@app.get("/priorities/{priority_id}")
def priority(priority_id: int, db: Session = Depends(get_db), current_user: User = Depends(get_current_user)):
    return db.query(Priority).filter(Priority.id == priority_id).first()
"""
_PARAMETERS = "db: Session = Depends(get_db), current_user: User = Depends(get_current_user)"


def test_a_form_that_names_its_sender_makes_no_record_the_senders() -> None:
    create = f"""@app.post("/cases")
def create(case: CaseForm, {_PARAMETERS}):
    case.reporter = current_user.email
    return db.query(Priority).filter(Priority.name == case.priority).first()
"""
    assert worth("SEC401", a_py=_FASTAPI + create + _BY_ID) == 0


def test_a_record_that_another_route_relates_to_the_caller_is_somebodys() -> None:
    mine = f"""@app.get("/priorities")
def mine({_PARAMETERS}):
    return db.query(Priority).filter(Priority.team == 1, Priority.set_by == current_user.id).all()
"""
    assert worth("SEC401", a_py=_FASTAPI + mine + _BY_ID) == 1


def test_what_a_background_task_is_given_begins_after_the_task() -> None:
    join = f"""def take_part(email: str, number: int, db: Session):
    return db.query(Priority).filter(Priority.id == number).first()


@app.post("/priorities/{{number}}/join")
def join(number: int, tasks: BackgroundTasks, {_PARAMETERS}):
    tasks.add_task(take_part, current_user.email, number, db)
"""
    assert worth("SEC401", a_py=_FASTAPI + join + _BY_ID) == 0


_DJANGO = "from django.db import connection, models\nfrom django.http import HttpResponse\nimport threading\n\n\n"
_MODELS = f"{_DJANGO}class Order(models.Model):\n    name = models.TextField()\n\n\n"
_SQLALCHEMY = "from fastapi import FastAPI\nfrom sqlalchemy.orm import Session\n\napp = FastAPI()\n\n\n"


def test_rows_that_the_round_goes_on_with_are_written_one_by_one() -> None:
    alone = "def copy(names):\n    for name in names:\n        Order.objects.create(name=name)\n"
    used = (
        "def copy(names):\n    for name in names:\n        one = Order.objects.create(name=name)\n        label(one)\n"
    )
    asked = "def copy(names):\n    for name in names:\n        Order.objects.get_or_create(name=name)\n"
    assert worth("PERF203", a_py=_MODELS + alone) == 1
    assert worth("PERF203", a_py=_MODELS + used) == 0
    assert worth("PERF203", a_py=_MODELS + asked) == 0


def test_a_query_made_elsewhere_has_the_conditions_that_stand_there() -> None:
    source = f"""{_SQLALCHEMY}def of_case(db: Session, number: int):
    return db.query(Event).filter(Event.case_id == number)


@app.get("/events/{{number}}")
def events(number: int, db: Session):
    return of_case(db, number).all()


@app.get("/events")
def everything(db: Session):
    return db.query(Event).all()
"""
    assert worth("PERF204", a_py=source) == 1


def test_a_cursor_of_django_keeps_no_connection() -> None:
    source = f"{_DJANGO}def count(request):\n    cursor = connection.cursor()\n    cursor.execute('SELECT 1')\n"
    assert told("PERF209", a_py=source) == []


def test_a_round_that_keeps_its_work_is_more_than_a_query() -> None:
    reading = "def load(db, name):\n    return db.query(Tag).filter(Tag.name == name).first()\n\n\n"
    keeping = (
        "def load(db, name):\n    tag = db.query(Tag).filter(Tag.name == name).first()\n"
        "    tag.used = True\n    db.add(tag)\n    db.commit()\n    return tag\n\n\n"
    )
    loop = "def apply(names, db: Session):\n    for name in names:\n        load(db, name)\n"
    assert worth("PERF201", a_py=_SQLALCHEMY + reading.replace("(db,", "(db: Session,") + loop) == 1
    assert worth("PERF201", a_py=_SQLALCHEMY + keeping.replace("(db,", "(db: Session,") + loop) == 0


def test_lists_that_a_person_fills_in_are_short() -> None:
    def source(over: str) -> str:
        return f"{_MODELS}def show(given, user):\n    for one in {over}:\n        Order.objects.get(pk=one.pk)\n"

    assert worth("PERF201", a_py=source("given")) == 1
    assert worth("PERF201", a_py=source("form_data.get('orders')")) == 0
    assert worth("PERF201", a_py=source("self.order_statuses")) == 0


def test_work_of_another_thread_keeps_no_client_waiting() -> None:
    image = "from PIL import Image\n\n\ndef shrink(data):\n    return Image.open(data).resize((10, 10))\n\n\n"
    far = "def upload(request):\n    shrink(request.FILES['image'])\n    return HttpResponse('ok')\n"
    direct = far.replace("shrink(request.FILES['image'])", "Image.open(request.FILES['image']).resize((10, 10))")
    beside = far.replace(
        "shrink(request.FILES['image'])", "threading.Thread(target=shrink, args=[request.FILES['image']]).start()"
    )
    urls = "from django.urls import path\nfrom a import upload\nurlpatterns = [path('upload', upload)]\n"
    assert worth("PERF218", a_py=_DJANGO + image + direct, urls_py=urls) == 1
    assert told("PERF218", a_py=_DJANGO + image + far, urls_py=urls) == [Confidence.LOW]
    assert told("PERF218", a_py=_DJANGO + image + beside, urls_py=urls) == []


def test_one_request_in_many_transactions_is_told_once() -> None:
    source = """import requests
from django.db import transaction


def ask(order):
    return requests.get("https://example.org/" + order, timeout=5)


@transaction.atomic
def pay(order):
    ask(order)


@transaction.atomic
def refund(order):
    ask(order)
"""
    assert sorted(told("PERF210", a_py=source)) == ["low", "medium"]


_MATCHERS = """import org.springframework.http.HttpMethod;

class Security {
  void chain(Http http) {
    http.authorizeHttpRequests(all -> all
        .requestMatchers(HttpMethod.POST, "/api/secrets").hasAnyRole("ADMIN")
        .requestMatchers("/api/secrets/*", "/api/jobs/**").authenticated_
        .anyRequest().permitAll());
  }
}
"""
_CONTROLLER = """import org.springframework.web.bind.annotation.*;

@RestController
@RequestMapping("/api")
class Secrets {
  private final SecretRepository secrets;

  @GetMapping("/secrets")
  Object all(Authentication authentication) { return secrets.findAll(); }

  @PostMapping("/PATH")
  Object add(@RequestBody Secret secret) { return secrets.save(secret); }
}
"""


def test_spring_is_told_in_one_place_which_paths_are_closed() -> None:
    def found(path: str, rules: str = _MATCHERS) -> list[str]:
        source = _CONTROLLER.replace("PATH", path)
        return list(
            told("SEC402", Secrets_java=source, Security_java=rules.replace(".authenticated_", '.hasRole("A")'))
        )

    assert found("secrets") == []
    assert found("jobs/run") == []
    assert found("secrets/{id}/keys") == ["low"]
    assert found("secrets", "class Security {}\n") == ["medium"]


def test_a_schema_declares_the_fields_that_a_decorator_gives() -> None:
    def source(decorator: str) -> str:
        return f"""from flask_restful import Resource
from flask_sqlalchemy import SQLAlchemy
from .schemas import account_schema, validate_schema

db = SQLAlchemy()


class Account(db.Model):
    name = db.Column(db.Text)


class Accounts(Resource):
{decorator}    def post(self, data=None):
        db.session.add(Account(**data))
"""

    assert worth("SEC217", a_py=source("")) == 1
    assert worth("SEC217", a_py=source("    @validate_schema(account_schema)\n")) == 0


def test_functions_that_are_alike_in_several_runs_are_told_once() -> None:
    run = "".join(f"    value_{n} = compute_something_long(value, {n}, 'some text that is long')\n" for n in range(18))
    one = f"def {{0}}(value):\n{run}    print_{{0}}(value)\n{run.replace('value_', 'other_')}    return {{0}}_1\n\n\n"
    assert sorted(told("QUA106", a_py=one.format("left"), b_py=one.format("right"))) == ["high", "low"]


def test_names_of_errors_and_own_checks_are_no_secrets() -> None:
    assert told("SEC301", a_py='MISSING_API_TOKEN = "error.STEP_2_MISSING_API_TOKEN"\n') == ["medium"]
    assert told("SEC301", a_py='STEP_2_MISSING_API_TOKEN = "error.STEP_2_MISSING_API_TOKEN"\n') == []
    login = "def login(username, password):\n    return {}(username=username, password=password)\n"
    assert worth("SEC311", a_py=login.format("find_user")) == 1
    assert worth("SEC311", a_py=login.format("get_and_validate_user")) == 0


def test_addresses_whose_host_is_complete_before_what_the_client_sends() -> None:
    def source(address: str) -> str:
        return (
            "import requests\nimport settings\nfrom flask import Flask, redirect, request, url_for\n\n"
            "app = Flask(__name__)\n\n\n"
            f'@app.get("/go")\ndef go():\n    part = request.args["part"]\n    {address}\n'
        )

    ask = "return requests.get(f'https://keys.{}/{{part}}', timeout=5).text"
    assert worth("SEC212", a_py=source(ask.format("{settings.REGION}.example.com"))) == 0
    assert worth("SEC212", a_py=source(ask.format("{part}.example.com"))) == 1
    assert worth("SEC214", a_py=source("return redirect(url_for('login') + '?next=' + part)")) == 0
    later = "url = url_for('login')\n    url += '?next=' + part\n    return redirect(url)"
    assert worth("SEC214", a_py=source(later)) == 0
    told_twice = "url = f'{settings.HOME}?next={part}'\n    url = f'{url}&more={part}'\n    return redirect(url)"
    assert worth("SEC214", a_py=source(told_twice)) == 0
    assert worth("SEC214", a_py=source("return redirect(part)")) == 1
    assert worth("SEC214", a_py=source("return redirect(part + url_for('login'))")) == 1


def test_a_generator_that_is_given_decides() -> None:
    source = """import java.security.SecureRandom;
import java.util.Random;
import org.apache.commons.lang3.RandomStringUtils;

class Passwords {
  private static final GENERATOR RANDOM = new GENERATOR();
  private static final char[] CHARS = {'a', 'b'};

  String generatePassword() {
    String password = RandomStringUtils.random(12, 0, CHARS.length, false, false, CHARS, RANDOM);
    return password;
  }
}
"""
    assert told("SEC221", Passwords_java=source.replace("GENERATOR", "SecureRandom")) == []
    assert worth("SEC221", Passwords_java=source.replace("GENERATOR", "Random")) == 1


def test_an_amount_beside_its_unit_is_no_money() -> None:
    item = "from dataclasses import dataclass\n\n\n@dataclass\nclass ShoppingItem:\n    amount: float\n    {}: str\n"
    assert worth("QUA123", a_py=item.format("currency")) == 1
    assert worth("QUA123", a_py=item.format("base_unit")) == 0


def test_a_function_run_for_each_item_that_does_more_than_look_up() -> None:
    source = f"{_SQLALCHEMY}def show(db: Session, name):\n    tag = db.query(Tag).filter(Tag.name == name).first()\n"
    kept = "    tag.used = True\n    db.add(tag)\n    db.commit()\n"
    loop = "\n\ndef every(names):\n    names.map(show)\n"
    assert worth("PERF201", a_py=source + loop) == 1
    assert worth("PERF201", a_py=source + kept + loop) == 0


def test_a_file_that_is_gone_already_is_no_lost_error() -> None:
    tidy = (
        "import os\nimport logging\nlogger = logging.getLogger()\n\n\ndef tidy(path):\n"
        "    try:\n        os.unlink(path)\n    except {}:\n        logger.debug('no file')\n"
    )
    assert worth("QUA107", a_py=tidy.format("OSError")) == 0
    assert worth("QUA107", a_py=tidy.format("Exception")) == 1


def test_a_route_that_sends_json_sends_no_page() -> None:
    source = """import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.*;

@RestController
class Echo {
  @PostMapping(value = "/echo"CONTENT)
  ResponseEntity<?> echo(@RequestBody String body) {
    return new ResponseEntity<>("got " + body, HttpStatus.OK);
  }
}
"""
    assert worth("SEC213", Echo_java=source.replace("CONTENT", "")) == 1
    assert worth("SEC213", Echo_java=source.replace("CONTENT", ', produces = "application/json"')) == 0


def test_a_transaction_that_only_reads_is_not_missed() -> None:
    source = """import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

@Service
class Groups {
  public boolean isLinked(int id) { return find(id) != null; }

  @Transactional
  public Object find(int id) { return null; }
}
"""
    own = source.replace("@Transactional\n", "@Transactional(propagation = Propagation.REQUIRES_NEW)\n")
    assert worth("QUA121", Groups_java=source) == 0
    assert worth("QUA121", Groups_java=own) == 1
    assert worth("QUA121", Groups_java=source.replace("@Transactional\n", "@Transactional(readOnly = true)\n")) == 0


def test_what_an_included_page_is_given_is_not_the_clients() -> None:
    def found(page: str) -> list[str]:
        files = {"web/list.jsp": page, "web/row.jsp": "<b>${param.id}</b><i>${param.id}</i>"}
        artifacts = [
            Artifact(name=name, kind=ArtifactKind.OTHER, text=text, origin="file") for name, text in files.items()
        ]
        servlet = (
            "import javax.servlet.http.HttpServlet;\n\n// getRequestDispatcher\nclass Page extends HttpServlet {}\n"
        )
        code = Artifact(name="Page.java", kind=ArtifactKind.JAVA, text=servlet, origin="file")
        script = Artifact(name="page.js", kind=ArtifactKind.JAVASCRIPT, text="const a = 1;\n", origin="file")
        case = Case(question="", language="en", artifacts=(code, script, *artifacts))
        return sorted(one.confidence for one in advise(case, Terms(prove=False), select=("SEC213",)).findings)

    assert found("<p>${title}</p>") == ["high", "low"]
    assert found('<c:import url="row.jsp"><c:param name="id" value="${row.id}"/></c:import>') == []


def test_messages_to_open_pages_are_no_second_write() -> None:
    source = """import org.springframework.jdbc.core.JdbcTemplate;
import TYPE;

class Bookmarks {
  private final JdbcTemplate jdbc;
  private final NAME broker;

  void delete(int id) {
    jdbc.update("DELETE FROM bookmark WHERE id = ?", id);
    broker.CALL("bookmarks", id);
  }
}
"""

    def found(kind: str, call: str) -> list[str]:
        name = kind.rpartition(".")[2]
        text = source.replace("TYPE", kind).replace("NAME", name).replace("CALL", call)
        return list(told("PERF216", Bookmarks_java=text))

    assert found("org.springframework.messaging.simp.SimpMessagingTemplate", "convertAndSend") == []
    assert found("org.springframework.kafka.core.KafkaTemplate", "send") == ["medium"]


def test_a_cookie_of_a_preference_gives_nothing_away() -> None:
    source = "from django.conf import settings\nfrom django.http import HttpResponse\n\n\ndef page(request):\n"
    source += "    response = HttpResponse('ok')\n    response.set_cookie(NAME, 'a')\n    return response\n"
    assert told("SEC224", a_py=source.replace("NAME", "settings.LANGUAGE_COOKIE_NAME")) == ["low"]
    assert told("SEC224", a_py=source.replace("NAME", "'theme'")) == ["low"]
    assert told("SEC224", a_py=source.replace("NAME", "'sid'")) == ["high"]


def test_one_guarded_route_of_many_says_little() -> None:
    def source(others: int) -> str:
        more = "".join(
            f'  @PutMapping("/{n}") Object put{n}(@RequestBody Object it) {{ return a.save(it); }}\n'
            for n in range(others)
        )
        return _CONTROLLER.replace("PATH", "secrets").replace("class Secrets {\n", f"class Secrets {{\n{more}")

    assert set(told("SEC402", Secrets_java=source(2))) == {"medium"}
    assert set(told("SEC402", Secrets_java=source(12))) == {"low"}


def test_a_body_that_the_service_validates() -> None:
    def source(note: str) -> dict[str, str]:
        page = """import org.springframework.web.bind.annotation.*;

@RestController
class Events {
  private final EventService service;

  @PostMapping("/events")
  void add(@RequestBody Event event) { service.add(event); }

  @PostMapping("/drafts")
  void draft(@Valid @RequestBody Event event) {}
}
"""
        service = f"@Validated\ninterface EventService {{\n  void add({note}Event event);\n}}\n"
        event = "class Event {\n  @NotEmpty String name;\n}\n"
        return {"Events_java": page, "EventService_java": service, "Event_java": event}

    assert worth("QUA114", **source("")) == 1
    assert worth("QUA114", **source("@Valid ")) == 0


def test_queues_are_few() -> None:
    def source(key: str) -> str:
        return f"""import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

class Queues {{
  private static final Map<String, Object> lookup = new ConcurrentHashMap<>();

  Object of(String {key}) {{ return lookup.computeIfAbsent({key}, one -> new Object()); }}
}}
"""

    assert worth("PERF213", Queues_java=source("address")) == 1
    assert worth("PERF213", Queues_java=source("queueUri")) == 0


def test_generated_classes_are_nobodys_work() -> None:
    params = ", ".join(f"int p{n}" for n in range(12))
    source = f"class Mapper {{\n  int add({params}) {{ return p0; }}\n}}\n"

    def found(text: str) -> int:
        file = Artifact(name="Mapper.java", kind=ArtifactKind.JAVA, text=text, origin="file")
        case = Case(question="", language="en", artifacts=(file,))
        return len(advise(case, Terms(prove=False), select=("QUA104",)).findings)

    assert found(source) == 1
    assert found(f'@Generated("tool")\n{source}') == 0
