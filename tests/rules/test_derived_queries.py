"""Queries that Spring Data makes from a method's name, where a file calls nothing else that is known."""

from pathlib import Path

from backend_advisor.advise import review

ENTITY = """\
package com.acme.order;

import jakarta.persistence.*;
import java.util.List;

@Entity
public class Order {
    @Id Long id;
    @ManyToOne(fetch = FetchType.LAZY) Customer customer;
    public Customer getCustomer() { return customer; }
}
"""
REPOSITORY = """\
package com.acme.order;

import java.util.List;
import org.springframework.data.jpa.repository.JpaRepository;

public interface OrderRepository extends JpaRepository<Order, Long> {
    List<Order> findByStatus(String status);
}
"""
SERVICE = """\
package com.acme.order;

import java.util.List;
import org.springframework.stereotype.Service;

@Service
public class OrderList {
    private final OrderRepository orders;

    public OrderList(OrderRepository orders) {
        this.orders = orders;
    }

    public List<Row> paid() {
        return orders.findByStatus("PAID").stream().map(o -> new Row(o.getCustomer().getName())).toList();
    }
}
"""


def test_a_relation_of_each_row_of_a_derived_query_is_found(tmp_path: Path) -> None:
    for name, text in (("Order", ENTITY), ("OrderRepository", REPOSITORY), ("OrderList", SERVICE)):
        (tmp_path / f"{name}.java").write_text(text)
    found = [one for advice in review([tmp_path]).advice for one in advice.findings if one.code == "PERF201"]
    assert [one.location.span.line for one in found if one.location.span] == [15]


def test_a_relation_that_the_query_fetches_is_not_reported(tmp_path: Path) -> None:
    fetching = REPOSITORY.replace("    List<", '    @EntityGraph(attributePaths = "customer")\n    List<')
    fetching = fetching.replace(
        "import java", "import org.springframework.data.jpa.repository.EntityGraph;\nimport java"
    )
    for name, text in (("Order", ENTITY), ("OrderRepository", fetching), ("OrderList", SERVICE)):
        (tmp_path / f"{name}.java").write_text(text)
    assert not [one for one in review([tmp_path]).advice if "PERF201" in one.codes]
