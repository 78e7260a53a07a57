# SPDX-License-Identifier: Apache-2.0
"""A fleet of a test's own: a real redis-server, any number of quernd, a store, and `quern` beside them.

    with Fleet() as fleet:
        host = fleet.host(queue={"lease": "30s"}, workers={"count": 2}).ready()
        job = fleet.submit("def azureml_main(): print('hello')", "-o", "scores")
        assert fleet.wait(job) == "succeeded"
        assert fleet.says("logs", job) == "hello\\n"

Everything is private, and ends with the fleet, or with the test when that is killed.
"""
from fleet.fleet import Fleet
from fleet.places import DEV, QUERN, RELEASE, ROOT
from fleet.proxy import Proxy
from fleet.redis import Redis, RedisError
from fleet.server import Server
from fleet.waiting import PATIENCE_SECONDS, eventually

__all__ = ["DEV", "PATIENCE_SECONDS", "QUERN", "RELEASE", "ROOT", "Fleet", "Proxy", "Redis", "RedisError", "Server", "eventually"]
