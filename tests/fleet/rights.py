# SPDX-License-Identifier: Apache-2.0
"""A redis-server with the users of deploy/redis/users.acl, reached over TCP as one of them."""
import hashlib
import socket

from fleet.places import ROOT
from fleet.redis import RedisError
from fleet.server import Server
from fleet.waiting import eventually

MARK = "REPLACE_WITH_SHA256_OF_THE_PASSWORD"


def recipe(password):
    """{user: what `ACL SETUSER` takes} as the file says it."""
    digest = hashlib.sha256(password.encode()).hexdigest()
    lines = (ROOT / "deploy/redis/users.acl").read_text().replace(MARK, digest).splitlines()
    return {line.split()[1]: line.split()[2:] for line in lines}


class Guarded(Server):
    """The test itself is the user `default` on the unix socket, who may all."""

    def __init__(self, password):
        super().__init__()
        self.password = password
        for user, rules in recipe(password).items():
            if user != "default":
                self.redis("ACL", "SETUSER", user, *rules)
        eventually(self.listen, "a free port")

    def listen(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        try:
            return self.redis("CONFIG", "SET", "bind", "127.0.0.1", "port", self.port)
        except RedisError:  # somebody else was quicker
            return None

    def url_of(self, user):
        return f"redis://{user}@127.0.0.1:{self.port}"
