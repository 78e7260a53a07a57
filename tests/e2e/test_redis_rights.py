# SPDX-License-Identifier: Apache-2.0
"""The users of deploy/redis/users.acl: each can do its part, and no more."""
import pytest

from fleet import Fleet
from fleet.rights import Guarded, recipe

PASSWORD = "open sesame"
SCRIPT = "def azureml_main():\n    print('ran')\n"
RIGHTS = "its user needs the rights of deploy/redis/users.acl\n"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    server = Guarded(PASSWORD)
    with Fleet(tmp_path_factory.mktemp("rights"), server=server) as fleet:
        secret = fleet.directory / "secret"
        secret.write_text(PASSWORD + "\n")
        fleet.environment |= {"QUERN_REDIS_PASSWORD_FILE": str(secret), "QUERN_REDIS_URL": server.url_of("quern")}
        fleet.host(queue={"url": server.url_of("quern"), "password_file": secret}).ready()
        yield fleet


def as_user(fleet, user, *words):
    return fleet.quern(*words, QUERN_REDIS_URL=fleet.server.url_of(user))


def denied(done):
    assert (done.code, done.out) == (77, "") and "Redis refused: " in done.err and RIGHTS in done.err, done.err
    return True


def test_f_hosts_and_submitters_do_all_they_have_to(fleet):
    job = fleet.submit(SCRIPT)
    assert fleet.in_state(job, "succeeded")["attempts"] == 1
    assert fleet.says("logs", job) == "ran\n"
    for words in (["queue", "ls"], ["queue", "pause"], ["retry", fleet.submit(SCRIPT)], ["queue", "resume"], ["worker", "ls"],
                  ["dataset", "ls"], ["doctor"], ["rm", job]):
        assert "NOPERM" not in fleet.quern(*words).err, words


def test_f_who_watches_sees_all_and_changes_nothing(fleet):
    job = fleet.submit(SCRIPT)
    record = fleet.in_state(job, "succeeded")
    for words in (["ls", "--json"], ["status", job, "--json"], ["queue", "ls"], ["worker", "ls"], ["logs", job], ["logs", "-f", job],
                  ["wait", job], ["dataset", "ls"], ["queue", "limit"], ["queue", "home"]):
        done = as_user(fleet, "quern-watch", *words)
        assert done.code == 0, (words, done.err)
    fleet.says("queue", "pause")
    script = fleet.script(SCRIPT)
    waits = fleet.submit(script)
    for words in (["submit", script], ["cancel", waits], ["rm", job], ["queue", "pause"], ["queue", "resume"],
                  ["queue", "limit", "--running", "3"], ["queue", "home", "--store", "file:/x"]):
        assert denied(as_user(fleet, "quern-watch", *words))
    assert fleet.state(waits) == "queued"
    fleet.says("cancel", waits)
    fleet.says("queue", "resume")
    assert fleet.inspect(job) == record


def test_f_a_user_of_one_queue_is_none_of_another(fleet):
    """What docs/redis.md says of queues: the pattern of the keys."""
    rules = ["~quern:{nightly}*" if rule == "~quern:*" else rule for rule in recipe(PASSWORD)["quern"]]
    fleet.redis("ACL", "SETUSER", "nightly", *rules)
    fleet.set_home("", queue="nightly")
    script = fleet.script(SCRIPT)
    done = as_user(fleet, "nightly", "submit", script, "-q", "nightly")
    assert done.err == ""
    assert as_user(fleet, "nightly", "status", done.out.strip(), "-q", "nightly").code == 0
    for words in (["submit", script], ["ls"], ["queue", "pause", "default"]):
        assert denied(as_user(fleet, "nightly", *words))


@pytest.mark.parametrize("user", ["quern", "quern-watch"])
@pytest.mark.parametrize("command", [["CONFIG", "GET", "*"], ["KEYS", "*"], ["FLUSHALL"], ["GET", "other"], ["EVAL", "return 1", "0"],
                                     ["ACL", "LIST"], ["CLIENT", "LIST"], ["MONITOR"], ["DEBUG", "SLEEP", "0"], ["SHUTDOWN"],
                                     ["SCRIPT", "FLUSH"], ["MODULE", "LIST"], ["SUBSCRIBE", "x"]])
def test_f_nobody_may_what_quern_does_not_need(fleet, user, command):
    assert fleet.redis("ACL", "DRYRUN", user, *command) != b"OK"
