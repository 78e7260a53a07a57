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
    assert record["result"]["jail"]["network_namespace"] == (network == "denied")
    if os.geteuid() == 0:
        assert record["result"]["jail"]["level"] == "full"
    here = json.loads(fleet.says("run", script, "--env", environment, "--json"))
    assert here["environment"]["network"] == network


def test_b_an_open_network_is_told_before_anything_runs_in_it(fleet):
    host, = fleet.hosts
    assert [line["environment"] for line in host.events("environment up", network="open")] == ["open"]
    told = json.loads(fleet.quern("doctor", "--json").out)["findings"]
    assert [finding for finding in told if finding["what"] == "network"] == [
        {"what": "network", "level": "warning", "text": "jobs of the environment 'open' reach whatever this machine reaches",
         "remedy": "where no job needs it: network = denied in its file"}]
    shown = fleet.says("env", "show", "open")
    assert "network   open\n" in shown
