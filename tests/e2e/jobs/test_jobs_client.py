# SPDX-License-Identifier: Apache-2.0
"""Where the queue is, and what is said when it is nowhere."""
import pytest

from desk import SCRIPT, error
from fleet import Fleet


def test_b_without_a_queue_the_next_command_is_named(fleet):
    assert tuple(fleet.quern("ls", QUERN_REDIS_URL="")) == (78, "", error(
        "no queue: nothing says where its Redis is", "start one here: quern up --detach",
        "or name one: export QUERN_REDIS_URL=redis://HOST:6379"))


def test_b_settings_come_from_flag_variable_and_file(fleet):
    settings = fleet.directory / "config/quern/quern.ini"
    settings.parent.mkdir(parents=True)
    settings.write_text(f"[queue]\nurl = {fleet.url}\nname = other\n")
    fleet.redis("HSET", "quern:{other}:conf", "store", f"file:{fleet.directory}/store")
    fleet.redis("HSET", "quern:{third}:conf", "store", f"file:{fleet.directory}/store")
    nothing = {"QUERN_REDIS_URL": ""}
    for queue, words, more in [("other", [], nothing), ("third", [], {"QUERN_QUEUE": "third", **nothing}),
                               ("default", ["-q", "default"], {"QUERN_QUEUE": "third"}),
                               ("default", ["-qdefault", "--queue-url", fleet.url], {"QUERN_REDIS_URL": "redis://x:1"})]:
        code, out, err = fleet.quern("submit", "score.py", *words, **more)
        assert (code, err) == (0, "")
        assert fleet.redis("EXISTS", f"quern:{{{queue}}}:job:{out.strip()}") == 1


@pytest.mark.parametrize("text, message", [
    ("[queue]\nulr = x\n", "line 2: [queue] ulr is not a setting; there are url, name, password_file, key_file and "
                           "durability of [queue], and password_file of [store]"),
    ("[queue]\nname = a\nname = b\n", "line 3: [queue] name stands there twice"),
    ("[queue]\nurl\n", "line 2: "),
])
def test_b_a_bad_settings_file_is_named(fleet, text, message):
    settings = fleet.directory / "config/quern/quern.ini"
    settings.parent.mkdir(parents=True)
    settings.write_text(text)
    code, out, err = fleet.quern("ls")
    assert (code, out) == (78, "") and err.startswith(f"error: {settings}: {message}")


def test_b_a_queue_without_a_store_says_how_to_name_one(tmp_path):
    (tmp_path / "score.py").write_text(SCRIPT)
    fleet = Fleet(tmp_path, environments=None)
    assert tuple(fleet.quern("submit", "score.py")) == (78, "", error(
        "the queue 'default' names no store for its datasets",
        "name one: quern queue home default --store URL"))
    fleet.close()


def test_c_a_redis_that_is_away_is_69(fleet):
    fleet.server.kill()
    code, out, err = fleet.quern("ls")
    assert (code, out) == (69, "")
    assert err == error(f"Redis at {fleet.server.path}: Connection refused",
                        "QUERN_REDIS_URL names it; look closer: quern doctor")


def test_f_a_password_comes_from_a_file(fleet):
    fleet.redis("CONFIG", "SET", "requirepass", "s3cret")
    code, out, err = fleet.quern("ls")
    assert (code, out) == (77, "")
    assert err.endswith("\n  name the file that has the password: export QUERN_REDIS_PASSWORD_FILE=PATH\n")
    secret = fleet.directory / "secret"
    secret.write_text("s3cret\n")
    assert fleet.quern("ls", QUERN_REDIS_PASSWORD_FILE=str(secret)).code == 0
    secret.write_text("wrong\n")
    code, out, err = fleet.quern("ls", QUERN_REDIS_PASSWORD_FILE=str(secret))
    assert (code, out) == (77, "") and "wrong" not in err
    code, out, err = fleet.quern("ls", "--queue-url", "redis://ann:s3cret@127.0.0.1:1")
    assert (code, out) == (2, "") and "s3cret" not in err
