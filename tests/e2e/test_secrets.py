# SPDX-License-Identifier: Apache-2.0
"""The passwords of Redis are in no process that forks children or parses foreign bytes, and in none of the children."""
import os
import re

import pytest

from fleet import Fleet, Server, eventually

PASSWORD = "planted-4f1c9e77"


@pytest.fixture
def fleet():
    server = Server("--requirepass", PASSWORD)
    with Fleet(environments=None) as fleet:
        fleet.store_server, fleet.store_url = server, server.store_url
        fleet.set_home("default")
        fleet.secret = fleet.directory / "secret"
        fleet.secret.write_text(PASSWORD + "\n")
        fleet.environment["QUERN_STORE_PASSWORD_FILE"] = str(fleet.secret)
        (fleet.directory / "table.csv").write_text("a\n1\n")
        yield fleet
    server.close()


def memory(pid):
    """All that can be read of a process, as root may: its private and shared mappings."""
    pieces = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as file:
        for line in maps:
            first, last = (int(part, 16) for part in line.split()[0].split("-"))
            try:
                file.seek(first)
                pieces.append(file.read(last - first))
            except (OSError, ValueError, OverflowError):
                continue  # [vvar], [vsyscall] and what is mapped without the right to read
    return b"".join(pieces)


def has_password(pid):
    texts = [open(f"/proc/{pid}/{name}", "rb").read() for name in ("environ", "cmdline")]
    return any(PASSWORD.encode() in text for text in (*texts, memory(pid)))


def test_f_no_process_that_forks_children_has_the_password(fleet):
    if os.geteuid() != 0:
        return  # nobody else may look; the jobs of the corpus search from within
    host = fleet.host(store={"password_file": fleet.secret}, environments={"standby": 2}).ready()
    job = fleet.submit("def azureml_main(dataframe1):\n    return dataframe1,\n", "--dataframe1", "file:" + str(
        fleet.directory / "table.csv"), "-o", "again")
    assert fleet.wait(job) == "succeeded"
    eventually(lambda: len(host.processes("quern-python")) >= 3, "two standby children")
    found = {(one.exe, has_password(one.pid)) for one in host.processes() if re.match("quern-(python|codec|init|worker)|memfd", one.exe)}
    assert has_password(fleet.store_server.process.pid)  # the search finds what there is
    assert {exe for exe, has in found if has} <= {"quern-worker"}  # it reads the file whenever it connects
    assert {"quern-python", "quern-codec"} <= {exe for exe, has in found}
