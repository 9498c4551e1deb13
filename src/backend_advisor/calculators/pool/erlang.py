"""The M/M/c queue by Erlang: work comes at random, is held for a random time, and waits when all servers are busy.

Everything follows from the load `a` (arrivals per second × seconds held, the servers busy on average) and the number
of servers `c`. Blocking is computed by its recursion, B(k) = a·B(k−1) ÷ (k + a·B(k−1)), which neither overflows nor
cancels: tens of thousands of servers are as exact as two.
"""

import math
from itertools import count


def blocking(servers: int, load: float) -> float:
    """Erlang B: the share of arrivals that find all servers busy when nobody waits."""
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked


def waiting(servers: int, load: float) -> float:
    """Erlang C: the share of arrivals that have to wait; 1 when the load fills all servers."""
    return _waiting(blocking(servers, load), servers, load) if load < servers else 1.0


def mean_wait(servers: int, load: float, held: float) -> float:
    """Seconds that an arrival waits on average; infinite when the load fills all servers."""
    return waiting(servers, load) * held / (servers - load) if load < servers else math.inf


def wait_quantile(servers: int, load: float, held: float, beyond: float = 0.01) -> float:
    """Seconds that only the share `beyond` of arrivals waits longer than."""
    if load >= servers:
        return math.inf
    chance = waiting(servers, load)
    return max(0.0, held / (servers - load) * math.log(chance / beyond)) if chance > 0 else 0.0


def longer_than(servers: int, load: float, held: float, wait: float) -> float:
    """The share of arrivals that wait longer than `wait` seconds."""
    return waiting(servers, load) * math.exp(-(servers - load) * wait / held) if load < servers else 1.0


def smallest(load: float, held: float, wait: float, beyond: float = 0.01) -> int:
    """The fewest servers with which no more than the share `beyond` waits longer than `wait` seconds."""
    blocked = 1.0
    for servers in count(1):
        blocked = load * blocked / (servers + load * blocked)
        if servers <= load:
            continue
        if _waiting(blocked, servers, load) * math.exp(-(servers - load) * wait / held) <= beyond:
            return servers
    raise AssertionError


def _waiting(blocked: float, servers: int, load: float) -> float:
    """Erlang C from Erlang B."""
    busy = load / servers
    return blocked / (1 - busy * (1 - blocked))
