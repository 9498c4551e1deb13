"""Findings in Java that healthy backends showed to be seldom worth a reviewer's time stay notes."""

import pytest

from backend_advisor.advise import advise
from backend_advisor.experts import Terms
from backend_advisor.model import Artifact, ArtifactKind, Case, Confidence
from tests.rules.test_confidence import told, worth

_PAGE = "import javax.servlet.http.HttpServlet;\n\n// getRequestDispatcher\nclass Page extends HttpServlet {}\n"


def _sure(code: str, **files: str) -> int:
    """How many findings are told in files of any kind, by their names."""
    kinds = {".java": ArtifactKind.JAVA, ".properties": ArtifactKind.CONFIGURATION}
    artifacts = [
        Artifact(name=name, kind=kinds.get(f".{name.rpartition('.')[2]}", ArtifactKind.OTHER), text=text, origin="file")
        for name, text in {"Page.java": _PAGE, "Other.java": "class Other {}\n", **files}.items()
    ]
    case = Case(question="", language="en", artifacts=tuple(artifacts))
    found = advise(case, Terms(prove=False), select=(code,)).findings
    return sum(one.confidence is not Confidence.LOW for one in found)


@pytest.mark.parametrize(
    ("page", "count"),
    [
        ('<input value="${param.page}">', 1),
        ('<wiki:Pages start="${param.start}" total="<%=list.size()%>"/>', 0),
        ("<c:out value='${param.to}' default='<%= page.getName() %>'/>", 0),
        ('<% String text = request.getParameter("text"); %><wiki:Text><%= text %></wiki:Text>', 0),
        ('<% String text = request.getParameter("text"); %><b><%= text %></b>', 1),
        ('<% String a = request.getParameter("a"); a = Texts.replaceEntities(a); %><b><%= a %></b>', 0),
    ],
)
def test_what_is_given_to_a_tag_is_not_printed(page: str, count: int) -> None:
    assert _sure("SEC213", **{"web/page.jsp": page}) == count


@pytest.mark.parametrize(
    ("page", "count"),
    [
        ("<td><%= comment.getAuthor().getUsername() %></td>", 1),
        ("<td>${user.name}</td>", 1),
        ("<td><%= role.getName() %></td>", 0),
        ("<td><%= Release.APPNAME %></td>", 0),
        ("<td><%= cause.getClass().getName() %></td>", 0),
        ("<b ${prefs.livepreview ? 'checked' : ''}></b>", 0),
    ],
)
def test_names_that_nobody_from_outside_gave(page: str, count: int) -> None:
    assert _sure("SEC233", **{"web/page.jsp": page}) == count


def test_a_broken_cipher_is_told_once_a_file() -> None:
    source = """import javax.crypto.Cipher;

class Secrets {
  byte[] close(byte[] data) throws Exception {
    Cipher cipher = Cipher.getInstance("DES/CBC/PKCS5Padding");
    cipher.init(Cipher.ENCRYPT_MODE, key, iv);
    return cipher.doFinal(data);
  }

  byte[] open(byte[] data) throws Exception {
    Cipher cipher = Cipher.getInstance("DES/CBC/PKCS5Padding");
    return cipher.doFinal(data);
  }
}
"""
    assert worth("SEC223", Secrets_java=source) == 1


def test_the_hash_of_a_password_is_told_once() -> None:
    source = """import java.security.MessageDigest;

class PasswordHashes {
  byte[] make(String password) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-1");
    return digest.digest(password.getBytes());
  }

  boolean check(String password, byte[] known) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-1");
    return MessageDigest.isEqual(digest.digest(password.getBytes()), known);
  }

  boolean has() throws Exception {
    MessageDigest.getInstance("MD4");
    return true;
  }
}
"""
    assert worth("SEC222", PasswordHashes_java=source) == 0
    assert worth("SEC311", PasswordHashes_java=source) == 1


def test_what_debugging_alone_shows() -> None:
    source = """import org.slf4j.Logger;

class Filter {
  void check(Logger log, String password) {
    String authToken = read();
    log.LEVEL("token {}", authToken);
    log.LEVEL("password {}", password);
  }
}
"""
    assert told("SEC320", Filter_java=source.replace("LEVEL", "debug")) == [Confidence.LOW, Confidence.MEDIUM]
    assert told("SEC320", Filter_java=source.replace("LEVEL", "info")) == [Confidence.LOW, Confidence.HIGH]


def test_tokens_whose_end_a_store_keeps() -> None:
    source = """import io.jsonwebtoken.Jwts;

class Tokens {
  private final Redis redis;

  String make(String name) { return Jwts.builder().setSubject(name).signWith(key).compact(); }

  void renew(String token) { redis.expire(token, 1800); }
}
"""
    assert worth("SEC303", Tokens_java=source) == 0
    assert worth("SEC303", Tokens_java=source.replace("redis.expire(token, 1800);", "")) == 1


def test_a_wait_that_is_not_repeated() -> None:
    source = """class Waiter {
  void pause() {
    AROUND {
      try { Thread.sleep(50); } catch (InterruptedException e) { log.warn("woken"); }
    }
  }
}
"""
    assert worth("QUA122", Waiter_java=source.replace("AROUND", "synchronized (this)")) == 0
    assert worth("QUA122", Waiter_java=source.replace("AROUND", "while (busy())")) == 1
    assert worth("QUA122", Waiter_java=source.replace("AROUND", "for (String one : names)")) == 1
    assert worth("QUA122", Waiter_java=source.replace("AROUND", "while (now().isBefore(end))")) == 0


_LDAP = """import java.util.List;
import javax.naming.directory.InitialDirContext;
import javax.naming.directory.SearchControls;
import javax.naming.ldap.LdapName;
import javax.servlet.http.HttpServletRequest;

class Directory {
  Object find(HttpServletRequest request) throws Exception {
    InitialDirContext context = new InitialDirContext();
    String name = request.getParameter("name");
    return BODY;
  }

  String encodeForLdap(String input) {
    StringBuilder built = new StringBuilder();
    for (char c : input.toCharArray()) {
      if (c == '*') { built.append("\\\\2a"); } else { built.append(c); }
    }
    return built.toString();
  }
}
"""


def test_filters_that_a_function_of_the_programs_own_escapes() -> None:
    def count(body: str) -> int:
        return worth("SEC205", Directory_java=_LDAP.replace("BODY", body))

    assert count('context.search("dc=a", "(uid=" + name + ")", new SearchControls())') == 1
    assert count('context.search("dc=a", "(uid=" + encodeForLdap(name) + ")", new SearchControls())') == 0
    assert count('new LdapName("uid=" + name + ",dc=a")') == 1
    assert count("new LdapName(name)") == 0


def test_pages_that_are_forwarded_to() -> None:
    source = """import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

class Pages extends HttpServlet {
  public void doGet(HttpServletRequest request, HttpServletResponse response) throws Exception {
    request.getRequestDispatcher(TO).forward(request, response);
  }
}
"""

    def count(to: str) -> int:
        return worth("SEC210", Pages_java=source.replace("TO", to))

    assert count('"/pages/" + request.getParameter("page")') == 1
    assert count('"/Wiki.jsp?page=" + request.getParameter("page")') == 0
    assert count('"/override" + request.getRequestURI()') == 0


def test_the_path_of_an_address_does_not_choose_its_host() -> None:
    source = """import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestTemplate;

@RestController
class Jobs {
  private static final String PATH = "/api/jobs/";
  private final RestTemplate http = new RestTemplate();

  @DeleteMapping("/{id}")
  void stop(@PathVariable("id") String id, @RequestParam String host) {
    http.delete(where() + PATH + id);
  }

  private String where() { return scheme + owner.host(); }
}
"""
    assert worth("SEC212", Jobs_java=source) == 0
    assert worth("SEC212", Jobs_java=source.replace("where() + PATH", '"http://" + host + PATH')) == 1


def test_constants_of_a_class_that_the_client_fills() -> None:
    source = """import java.util.regex.Pattern;
import javax.ws.rs.GET;
import javax.ws.rs.Path;
import javax.ws.rs.QueryParam;

@Path("/nodes")
class Nodes {
  @GET
  public String get(@QueryParam("id") Node id) { return id.parts(); }
}

class Node {
  public static final String MARK = ":";
  private final String value;

  Node(String value) { this.value = value; }

  String parts() { return Pattern.compile("(?:" + GIVEN + ")").matcher("a").group(); }
}
"""
    assert worth("SEC219", Nodes_java=source.replace("GIVEN", "MARK")) == 0
    assert worth("SEC219", Nodes_java=source.replace("GIVEN", "value")) == 1


_ORDERS = """import java.util.List;
import java.util.Optional;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

interface Orders extends JpaRepository<Order, Long> {}

@RestController
class OrderController {
  private final Orders orders;

  @PostMapping("/orders")
  public void all(@RequestBody List<Long> NAME) {
    for (Long one : NAME) {
      orders.findById(one);
    }
  }
}
"""


def test_keys_that_somebody_picked() -> None:
    assert worth("PERF201", OrderController_java=_ORDERS.replace("NAME", "numbers")) == 1
    assert worth("PERF201", OrderController_java=_ORDERS.replace("NAME", "ids")) == 0


def test_a_map_of_an_object_that_is_made_each_time() -> None:
    source = """import java.util.HashMap;
import java.util.Map;

WHAT class Report {
  private final Map<String, Integer> counts = new HashMap<>();

  void add(String email) { counts.put(email, 1); }
}
"""
    assert worth("PERF213", Report_java=source.replace("WHAT", "")) == 0
    assert worth("PERF213", Report_java=source.replace("WHAT", "@Singleton")) == 1


def test_texts_that_are_shown_are_no_secrets() -> None:
    line = "login.error.password=Xq9-pw7!Lk2\n"
    assert _sure("SEC301", **{"src/Resources_de.properties": line}) == 0
    assert _sure("SEC301", **{"src/server.properties": line}) == 1
    assert _sure("SEC301", **{"src/server.properties": "db.password=installer.createAdministrator(Xq9);\n"}) == 0


def test_interfaces_of_clients_are_asked_by_nobody() -> None:
    source = """import javax.ws.rs.GET;
import javax.ws.rs.HeaderParam;
import javax.ws.rs.POST;

@MARK
interface Hooks {
  @GET @RolesAllowed("a") String one(String body);

  @POST @RolesAllowed("a") String two(String body);

  @POST String three(String body);
}
"""
    assert worth("SEC402", Hooks_java=source.replace("MARK", "RegisterRestClient")) == 0


_VALID = """import javax.validation.Valid;
import javax.validation.constraints.NotNull;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

class Order { @NotNull public String name; }

@RestController
class OrderController {
  @PostMapping("/a")
  public void add(@VALID @RequestBody Order order) { orders.save(order); }

  @PostMapping("/b")
  public void change(@RequestBody Order order) { CHECK orders.save(order); }
}
"""


def test_constraints_that_nobody_asks_for_only_describe() -> None:
    others = {f"Other{n}_java": f"class Other{n} {{}}\n" for n in range(4)}
    source = _VALID.replace("CHECK", "")
    assert worth("QUA114", OrderController_java=source.replace("@VALID", "@Valid")) == 1
    assert worth("QUA114", OrderController_java=source.replace("@VALID", ""), **others) == 0
    by_hand = _VALID.replace("CHECK", "if (order.name == null) { throw new BadRequest(); }")
    assert worth("QUA114", OrderController_java=by_hand.replace("@VALID", "@Valid")) == 0


def test_a_channel_closes_its_file() -> None:
    source = """import java.io.RandomAccessFile;

class Lock {
  private final Object channel;

  Lock(String file) throws Exception { channel = new RandomAccessFile(file, "rw").USE; }
}
"""
    assert worth("QUA110", Lock_java=source.replace("USE", "getChannel()")) == 0
    assert worth("QUA110", Lock_java=source.replace("USE", "readLine()")) == 1


def test_errors_that_a_quiet_line_tells() -> None:
    source = """class Profiles {
  void save(java.sql.Statement statement) {
    try { statement.executeUpdate("UPDATE a SET b = 1"); } catch (Exception e) { BODY }
  }
}
"""
    assert worth("QUA107", Profiles_java=source.replace("BODY", "")) == 1
    assert worth("QUA107", Profiles_java=source.replace("BODY", "log.debug(e.getMessage(), e);")) == 0


def test_files_that_a_bundler_made() -> None:
    branches = "".join(f"  if (a.x{n}) {{ if (a.y{n}) {{ b({n}); }} }}\n" for n in range(30))
    source = f"HEAD\nconst b = require('b');\nfunction c(a) {{\n{branches}}}\n"
    assert worth("QUA101", lib_js=source.replace("HEAD", "'use strict';")) == 1
    assert worth("QUA101", lib_js=source.replace("HEAD", "/*! jsonpath 1.0.1 */")) == 0


_SHIRO = """import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.shiro.spring.web.ShiroFilterFactoryBean;

class ShiroConfig {
  Map<String, String> chain() {
    Map<String, String> chain = new LinkedHashMap<>();
    chain.put("/login", "anon");
    chain.put("/**", "FILTER");
    return chain;
  }
}
"""
_ROUTES = """import org.apache.shiro.authz.annotation.RequiresPermissions;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/cluster")
class ClusterController {
  @PostMapping("/create") @RequiresPermissions("cluster:create")
  public void create(String name) { clusters.insert(name); }

  @PostMapping("/update") @RequiresPermissions("cluster:update")
  public void update(String name) { clusters.change(name); }

  @PostMapping("/shutdown")
  public void shutdown(String name) { clusters.stop(name); }
}
"""


def test_the_filter_chain_of_shiro_stands_before_every_route() -> None:
    def count(name: str) -> int:
        return worth("SEC402", ShiroConfig_java=_SHIRO.replace("FILTER", name), ClusterController_java=_ROUTES)

    assert count("anon") == 1
    assert count("jwt") == 0


def test_a_constraint_of_the_programs_own_looks_at_a_parameter() -> None:
    page = """import java.nio.file.Files;
import java.nio.file.Path;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
class Pages {
  @GetMapping("/page")
  public String get(@Known @RequestParam String name) throws Exception { return Files.readString(Path.of(name)); }
}
"""
    note = "import javax.validation.Constraint;\n\nMARK\npublic @interface Known {}\n"
    constraint = note.replace("MARK", "@Constraint(validatedBy = KnownValidator.class)")
    assert worth("SEC210", Pages_java=page, Known_java=note.replace("MARK", "")) == 1
    assert worth("SEC210", Pages_java=page, Known_java=constraint) == 0


def test_the_address_of_a_file_has_no_host() -> None:
    source = """import java.nio.file.Path;
import org.springframework.core.io.UrlResource;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
class Pages {
  @GetMapping("/page")
  public Object get(@RequestParam String name) throws Exception { return new UrlResource(GIVEN); }
}
"""
    assert worth("SEC212", Pages_java=source.replace("GIVEN", "name")) == 1
    assert worth("SEC212", Pages_java=source.replace("GIVEN", "Path.of(name).toUri()")) == 0


def test_a_digest_that_the_other_side_dictates() -> None:
    source = """import java.security.MessageDigest;

class Headers {
  byte[] digest(byte[] NONCE, byte[] password) throws Exception {
    MessageDigest digester = MessageDigest.getInstance("SHA-1");
    digester.update(NONCE);
    digester.update(password);
    return digester.digest();
  }
}
"""
    assert worth("SEC311", Headers_java=source.replace("NONCE", "nonce")) == 0
    assert worth("SEC311", Headers_java=source.replace("NONCE", "salt")) == 1


def test_a_tool_ends_with_what_it_opened() -> None:
    source = """import java.io.FileInputStream;

class Passwords {
  static void restore(String file) throws Exception {
    new FileInputStream(file).read();
  }
MAIN
}
"""
    main = "  public static void main(String[] args) throws Exception { restore(args[0]); }"
    assert worth("QUA110", Passwords_java=source.replace("MAIN", "")) == 1
    assert worth("QUA110", Passwords_java=source.replace("MAIN", main)) == 0


def test_what_is_being_stopped_stops_the_rest() -> None:
    source = """class Jobs {
  void NAME() {
    for (Thread one : threads) {
      try { one.join(); } catch (InterruptedException e) { log.warn("woken"); }
    }
  }
}
"""
    assert worth("QUA122", Jobs_java=source.replace("NAME", "destroy")) == 0
    assert worth("QUA122", Jobs_java=source.replace("NAME", "gather")) == 1


def test_files_that_say_where_they_were_copied_from() -> None:
    branches = "".join(f"    if (a > {n}) {{ if (b > {n}) {{ c({n}); }} }}\n" for n in range(30))
    source = f"/*\n * HEAD\n */\nclass Cron {{\n  void next(int a, int b) {{\n{branches}  }}\n}}\n"
    assert worth("QUA101", Cron_java=source.replace("HEAD", "Times of jobs.")) == 1
    assert worth("QUA101", Cron_java=source.replace("HEAD", "Borrowed from quartz v2.5.2")) == 0


def test_a_private_method_whose_callers_have_a_transaction() -> None:
    source = """import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

@Service
class Cards {
  CALLER
  public void create(int id) { move(id); }

  @Transactional
  private void move(int id) { jdbc.update("UPDATE card SET a = 1"); }
}
"""
    assert worth("QUA121", Cards_java=source.replace("CALLER", "")) == 1
    assert worth("QUA121", Cards_java=source.replace("CALLER", "@Transactional")) == 0


def test_the_state_of_one_run_is_told_once() -> None:
    source = """import java.util.HashMap;
import java.util.Map;
import org.springframework.stereotype.Component;

@Component
class Importing {
  private final Map<Long, Long> users = new HashMap<>();
  private final Map<Long, Long> rooms = new HashMap<>();

  public void user(Long a, Long b) { users.put(a, b); }

  public void room(Long a, Long b) { rooms.put(a, b); }
}
"""
    assert worth("QUA115", Importing_java=source) == 1


def test_what_an_option_is_called() -> None:
    source = 'class Admin {\n  private static final String MAIL_PASS = "TEXT";\n}\n'
    assert worth("SEC301", Admin_java=source.replace("TEXT", "email-auth-pass")) == 0
    assert worth("SEC301", Admin_java=source.replace("TEXT", "Em4il-kR7!wq")) == 1


def test_a_handler_that_is_given_a_session() -> None:
    routes = _ROUTES.replace("shutdown(String name)", "shutdown(String SESSION)")
    assert worth("SEC402", Cluster_java=routes.replace("SESSION", "name")) == 1
    assert worth("SEC402", Cluster_java=routes.replace("SESSION", "sid")) == 0


def test_rows_that_are_removed_one_by_one() -> None:
    source = """import java.util.List;
import javax.persistence.EntityManager;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

@RestController
class Sessions {
  private final EntityManager em;

  @PostMapping("/clean")
  public void clean() {
    List<Session> old = em.createNamedQuery("old", Session.class).getResultList();
    for (Session one : old) {
      Session found = em.find(Session.class, one.getId());
      DONE
    }
  }
}
"""
    assert worth("PERF201", Sessions_java=source.replace("DONE", "show(found);")) == 1
    assert worth("PERF201", Sessions_java=source.replace("DONE", "em.remove(found);")) == 0


def test_what_a_batch_failed_for_is_looked_for_row_by_row() -> None:
    source = """import java.util.List;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;

class Rows {
  private final JdbcTemplate jdbc;
  Rows(JdbcTemplate jdbc) { this.jdbc = jdbc; }

  void save(List<Row> rows) {
    %s
      for (Row row : rows) {
        jdbc.update("INSERT INTO rows (id, name) VALUES (?, ?)", row.getId(), row.getName());
      }
    %s
  }
}
"""
    batch = 'try { jdbc.batchUpdate("INSERT INTO rows (id, name) VALUES (?, ?)", given(rows)); }'
    assert _sure("PERF203", **{"Rows.java": source % ("", "")}) == 1
    assert _sure("PERF203", **{"Rows.java": source % (f"{batch} catch (DataAccessException e) {{", "}")}) == 0


@pytest.mark.parametrize(("refuses", "count"), [("", 1), ("if (one.isLoopbackAddress()) throw new Refused();", 0)])
def test_a_program_that_looks_up_hosts_itself_may_refuse_some(refuses: str, count: int) -> None:
    handler = """import java.net.URI;
import org.springframework.web.bind.annotation.*;
import org.springframework.web.client.RestTemplate;

@RestController
class Fetcher {
  private final RestTemplate rest = new RestTemplate();

  @GetMapping("/fetch")
  String fetch(@RequestParam String url) { return rest.getForObject(url, String.class); }
}
"""
    resolver = """import java.net.InetAddress;
import org.apache.hc.client5.http.DnsResolver;

class Guarded implements DnsResolver {
  public InetAddress[] resolve(String host) {
    InetAddress one = lookup(host);
    %s
    return new InetAddress[] { one };
  }
}
"""
    assert _sure("SEC212", **{"Fetcher.java": handler, "Guarded.java": resolver % refuses}) == count
