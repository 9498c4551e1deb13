"""What a piece of Java without its import lines most likely imports."""

from backend_advisor.code.ir import Import

_PACKAGES = (
    "java.util",
    "java.util.concurrent",
    "java.util.regex",
    "java.io",
    "java.nio.file",
    "java.net",
    "java.net.http",
    "java.sql",
    "javax.sql",
    "java.security",
    "javax.crypto",
    "javax.crypto.spec",
    "org.springframework.web.bind.annotation",
    "org.springframework.stereotype",
    "org.springframework.beans.factory.annotation",
    "org.springframework.transaction.annotation",
    "org.springframework.scheduling.annotation",
    "org.springframework.context.annotation",
    "org.springframework.http",
    "org.springframework.ui",
    "org.springframework.web.client",
    "org.springframework.web.multipart",
    "org.springframework.web.reactive.function.client",
    "org.springframework.jdbc.core",
    "org.springframework.data.redis.core",
    "org.springframework.data.jpa.repository",
    "org.springframework.security.crypto.bcrypt",
    "org.springframework.security.config.annotation.web.builders",
    "jakarta.persistence",
    "jakarta.servlet.http",
    "org.slf4j",
    "com.fasterxml.jackson.databind",
)


def usual_imports() -> list[Import]:
    """Everything of the packages that backends on the JVM use most."""
    return [Import(0, 0, local="*", module=package, name="*") for package in _PACKAGES]
