# SPDX-License-Identifier: Apache-2.0
"""The network of an environment: denied unless its descriptor says open; the record of each job says which it was."""
import json
import os
import socket
import threading

import pytest

from fleet import Fleet

# What a TCP server of the machine's answers to it, or why it has no word of it.
ASK = """
import errno, socket
def azureml_main():
    try:
        with socket.create_connection(("127.0.0.1", {port}), 20) as peer:
            print(peer.recv(100).decode())
    except OSError as error:
        print(errno.errorcode[error.errno])
"""

# Hands its worker a connection that waits for its last byte to be read, which nobody does, and closes its own end while the
# worker is still at the notes before it.
LINGER = """
import array, os, socket, stat, struct, time
from quern import channel
NOTE, RESULT = (struct.pack("=IIIIiIQ256s4096s", kind, 1, 0, 0, 0, 0, 0, b"", b"") for kind in (2, 3))

def conversation():
    for fd in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode) and fd != channel.line.fileno():
                return socket.socket(fileno=os.dup(fd), family=socket.AF_UNIX, type=socket.SOCK_SEQPACKET)
        except OSError:
            continue

def azureml_main():
    own = conversation()
    with socket.create_connection(("127.0.0.1", {port}), 20) as peer:
        peer.setblocking(False)
        try:
            while True:
                peer.send(bytes(65536))
        except BlockingIOError:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 30000))
        sent = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [peer.fileno()]))]
        for _ in range(20):
            own.send(NOTE)
        own.sendmsg([RESULT], sent)
        os.close(peer.detach())
    time.sleep(1000)
"""


@pytest.fixture(scope="module")
def port():
    """A real server, that greets all who come."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        def greet():
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                with peer:
                    peer.sendall(b"hello")
        threading.Thread(target=greet, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    with Fleet(tmp_path_factory.mktemp("network"), environments="default,open") as fleet:
        places = fleet.directory / "config/quern/environments"
        places.mkdir(parents=True)
        (places / "open.conf").write_text("[environment]\npython = /usr/bin/python3\nnetwork = open\n")
        fleet.host(environments={"names": "default open", "directory": places}).ready()
        yield fleet


@pytest.mark.parametrize("environment, network, said", [("open", "open", "hello"), ("default", "denied", "EAFNOSUPPORT")])
def test_f_a_job_reaches_the_machines_servers_only_where_its_environment_is_open(fleet, port, environment, network, said):
    script = fleet.script(ASK.format(port=port))
    job = fleet.submit(script, "--env", environment)
    record = fleet.in_state(job, "succeeded")
    assert fleet.says("logs", job) == said + "\n"
    assert record["result"]["environment"]["network"] == network
    told = json.loads(fleet.says("status", "--json", job))
    assert {name: told[name] for name in ("environment", "jail", "usage", "warnings")} == {
        name: record["result"][name] for name in ("environment", "jail", "usage", "warnings")}
    assert record["result"]["jail"]["network_namespace"] == (network == "denied")
    if os.geteuid() == 0:
        assert record["result"]["jail"]["level"] == "full"
    here = json.loads(fleet.says("run", script, "--env", environment, "--json"))
    assert here["environment"]["network"] == network


def test_f_a_connection_that_lingers_does_not_hold_up_the_worker_that_gets_it(fleet):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        job = fleet.submit(fleet.script(LINGER.format(port=deaf.getsockname()[1])), "--env", "open")
        record = fleet.in_state(job, "failed")
        assert record["message"] == "expected a sealed memory file, found another kind of descriptor"


def test_b_an_open_network_is_told_before_anything_runs_in_it(fleet):
    host, = fleet.hosts
    assert [line["environment"] for line in host.events("environment up", network="open")] == ["open"]
    told = json.loads(fleet.quern("doctor", "--json").out)["findings"]
    assert [finding for finding in told if finding["what"] == "network"] == [
        {"what": "network", "level": "warning", "text": "jobs of the environment 'open' reach whatever this machine reaches",
         "remedy": "where no job needs it: network = denied in its file"}]
    shown = fleet.says("env", "show", "open")
    assert "network   open\n" in shown
