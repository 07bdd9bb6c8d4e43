"""Each path lists its methods, and refuses all others."""

from itertools import groupby

import pytest

from tests.support.cases import check_each
from tests.support.clients.raw_http import exchange, request
from tests.support.problem_details import assert_problem
from tests.support.routes import ACCOUNTS_ONLY, READS, ROUTES, Route
from tests.support.servers.populated_server import Unchanged
from tests.support.servers.server_process import ServerProcess

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"}
VARYING = {"date", "x-request-id"}


def test_the_methods_of_a_path_are_listed_and_others_refused(
    open_strict_server: ServerProcess, guarded_strict_server: ServerProcess, unchanged: Unchanged
):
    def check(routes: list[Route]) -> None:
        server = guarded_strict_server if routes[0].blueprint in ACCOUNTS_ONLY else open_strict_server
        allowed = {"OPTIONS", *(route.method for route in routes)}
        allowed |= {"HEAD"} if "GET" in allowed else set()

        with unchanged(server):
            options = exchange(server.port, request(routes[0].address, server.me, method="OPTIONS"))
            refused = [
                exchange(server.port, request(routes[0].address, server.me, method=method))
                for method in METHODS - allowed
            ]

        assert options.status == 200
        for answer in refused:
            assert_problem(answer, 405, "method_not_allowed")
        for answer in (options, *refused):
            assert set(answer.headers["allow"].split(", ")) == allowed

    rules = groupby(sorted(ROUTES, key=lambda route: route.rule), key=lambda route: route.rule)
    check_each([(rule, list(routes)) for rule, routes in rules], check)


@pytest.mark.parametrize("route", [route for route in READS if route.rule.startswith("/api/")], ids=str)
def test_head_is_get_without_its_body(port: int, me: str, route: Route):
    get, head = (exchange(port, request(route.address, me, method=method)) for method in ("GET", "HEAD"))

    assert head.body == b""
    assert head.status == get.status
    same = [{name: value for name, value in answer.headers.items() if name not in VARYING} for answer in (get, head)]
    assert same[0] == same[1]
