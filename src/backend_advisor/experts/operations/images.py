"""Names of images: their parts, what is known to hold data, and what only belongs to a running system."""

import re
from dataclasses import dataclass

_IMAGE = re.compile(
    r"^(?P<name>(?:[\w.-]+(?::\d+)?/)?(?:[\w.-]+/)*[\w.-]+)(?::(?P<tag>[\w][\w.+-]*))?(?:@(?P<digest>sha\d+:[0-9a-f]+))?$"
)
_LONGEST = 500
_DEFAULTED = re.compile(r"\$\{\w+(?::?-)(?P<default>[^{}$]*)\}")
_DATABASES = {
    "postgres": ("/var/lib/postgresql", "/var/lib/pgsql", "/bitnami", "/home/postgres/pgdata"),
    "mysql": ("/var/lib/mysql", "/bitnami"),
    "mariadb": ("/var/lib/mysql", "/bitnami"),
    "percona": ("/var/lib/mysql", "/data/db"),
    "mongo": ("/data/db", "/data", "/bitnami"),
    "clickhouse": ("/var/lib/clickhouse", "/bitnami"),
    "cassandra": ("/var/lib/cassandra", "/bitnami"),
    "scylla": ("/var/lib/scylla",),
    "influxdb": ("/var/lib/influxdb", "/bitnami"),
    "neo4j": ("/data", "/bitnami"),
    "couchdb": ("/opt/couchdb/data", "/bitnami"),
    "mssql": ("/var/opt/mssql",),
    "cockroach": ("/cockroach",),
}
"""Databases by what their image is called, and the folders in which their data can be kept."""
_ALSO = {
    "postgis": "postgres", "timescaledb": "postgres", "timescaledb-ha": "postgres", "pgvector": "postgres",
    "postgresql": "postgres", "mongodb": "mongo", "mongodb-community-server": "mongo",
    "clickhouse-server": "clickhouse", "mysql-server": "mysql", "percona-server": "percona",
    "mssql-server": "mssql", "spilo": "postgres",
}  # fmt: skip
PORTS = {
    "postgres": (5432,), "mysql": (3306, 33060), "mariadb": (3306,), "percona": (3306,), "mongo": (27017,),
    "clickhouse": (8123, 9000), "cassandra": (9042, 9160), "scylla": (9042,), "influxdb": (8086,),
    "neo4j": (7474, 7687),
    "couchdb": (5984,), "mssql": (1433,), "cockroach": (26257,), "redis": (6379,), "valkey": (6379,), "keydb": (6379,),
    "dragonfly": (6379,), "memcached": (11211,), "elasticsearch": (9200, 9300), "opensearch": (9200, 9300),
    "rabbitmq": (5672, 15672), "kafka": (9092, 9093, 29092), "zookeeper": (2181,), "nats": (4222, 8222),
    "etcd": (2379,),
    "adminer": (8080,), "phpmyadmin": (80,), "pgadmin4": (80, 443), "mongo-express": (8081,),
    "redis-commander": (8081,),
    "kafka-ui": (8080,), "redisinsight": (5540, 8001),
}  # fmt: skip
"""What stores and brokers, and the tools that manage them, listen on."""
_BESIDE = frozenset(
    [*PORTS, "mailhog", "mailpit", "maildev", "minio", "mc", "localstack", "prometheus", "grafana", "jaeger",
     "all-in-one", "zipkin", "loki", "tempo", "keycloak", "cp-kafka", "cp-zookeeper", "redis-stack",
     "redis-stack-server",
     "stripe-mock", "azurite", "dynamodb-local", "hasura", "typesense", "meilisearch", "vault"]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Image:
    """A reference to an image; `kind` is what is known by its name."""

    name: str
    tag: str | None
    digest: str | None

    @property
    def base(self) -> str:
        """The last part of its name."""
        return self.name.rpartition("/")[2].lower()

    @property
    def kind(self) -> str:
        """What it is by its name: `postgres` for `bitnami/postgresql`, its base name where nothing else is known."""
        base = re.sub(r"^cp-", "", self.base)
        known = _ALSO.get(base, base)
        if known in PORTS or known in _DATABASES:
            return known
        if base == "server" and "mssql" in self.name:
            return "mssql"
        stem = re.split(r"[-_]", base)[0]
        return _ALSO.get(stem, stem) if _ALSO.get(stem, stem) in PORTS else base

    @property
    def major(self) -> int | None:
        """The first number of its tag."""
        found = re.match(r"(?:pg|v)?(\d+)", self.tag or "")
        return int(found[1]) if found else None

    @property
    def moves(self) -> bool:
        """Whether it is another image tomorrow, without any sign: no tag, or `latest`."""
        return self.digest is None and self.tag in (None, "latest")


def parse_image(text: str) -> Image | None:
    """The parts of a reference, with the defaults of its variables; None when variables decide what it is."""
    if len(text) > _LONGEST:
        return None
    plain = _DEFAULTED.sub(lambda found: found["default"], text.strip())
    found = _IMAGE.match(plain)
    return Image(found["name"], found["tag"], found["digest"]) if found else None


def data_folders(kind: str) -> tuple[str, ...]:
    """Where a database of this kind keeps its data; nothing for what is none."""
    return _DATABASES.get(kind, ())


def is_infrastructure(text: str) -> bool:
    """Whether an image is a store, a broker or a tool beside them, which says nothing of a program of one's own."""
    image = parse_image(text)
    return image is not None and (image.kind in _BESIDE or image.base in _BESIDE)
