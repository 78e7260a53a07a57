# SPDX-License-Identifier: Apache-2.0
"""The command line where no job runs: exit codes, exact texts, help and completion, with the real program."""
import errno
import os
import re
import subprocess

import pytest

from fleet import PATIENCE_SECONDS, QUERN, ROOT

PLACE = "name a directory in which you may make files, or one that is not there yet: -o out"
DENIED = os.strerror(errno.EACCES if os.geteuid() else errno.ENOENT)
VERBS = ["init", "run", "submit", "check", "status", "ls", "logs", "wait", "result", "debug", "inspect", "cancel", "retry", "rm", "dataset", "env", "up",
         "down", "queue", "worker", "doctor", "help", "version", "completion"]


@pytest.fixture
def say(tmp_path):
    """say("run", "x.py") -> (exit code, stdout, stderr), in a directory with a few files, with a store of its own."""
    (tmp_path / "score.py").write_text("def azureml_main(a=None, b=None):\n    return a,\n")
    (tmp_path / "patients.csv").write_text("a,b\n1,2\n")
    (tmp_path / "lib.zip").write_bytes(b"")
    (tmp_path / "sub").mkdir()
    (tmp_path / "taken" / "job.json").mkdir(parents=True)
    (tmp_path / "sub" / "rows.arrow").write_bytes(b"")
    environments = tmp_path / "config" / "quern" / "environments"
    environments.mkdir(parents=True)
    (environments / "py39.conf").write_text("[environment]\nsnake = yes\n")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data"),
                   "XDG_CONFIG_HOME": str(tmp_path / "config"), "LC_ALL": "C.UTF-8"}

    def run(*words, **more):
        done = subprocess.run([QUERN, *words], cwd=tmp_path, env={**environment, **more}, capture_output=True,
                              text=True, timeout=PATIENCE_SECONDS, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout, done.stderr

    return run


def error(*lines):
    """What stderr holds for an error and the advice below it."""
    return "error: " + "\n  ".join(lines) + "\n"


@pytest.mark.parametrize("words, lines", [
    (["rnu"], ["unknown verb 'rnu'", "did you mean 'run'?", "list them: quern help"]),
    (["--rum"], ["unknown verb '--rum'", "list them: quern help"]),
    (["sbumit"], ["unknown verb 'sbumit'", "did you mean 'submit'?", "list them: quern help"]),
    (["run"], ["quern run: expected SCRIPT, found nothing",
               "for example: quern run score.py --dataframe1 patients.csv", "its use: quern help run"]),
    (["run", "score.py", "other.py"], ["unexpected 'other.py' for quern run", "its use: quern help run"]),
    (["run", "scoer.py"], ["SCRIPT: there is no file 'scoer.py'", "did you mean 'score.py'?"]),
    (["run", "nothing-like-it"], ["SCRIPT: there is no file 'nothing-like-it'"]),
    (["run", "."], ["SCRIPT: .: expected a file, found a directory"]),
    (["run", "sbu/score.py"], ["SCRIPT: there is no file 'sbu/score.py'", "there is no directory 'sbu/'"]),
    (["run", "score.py", "--dataframe1", "patient.csv"],
     ["--dataframe1: there is no file 'patient.csv'", "did you mean 'patients.csv'?"]),
    (["run", "score.py", "--dataframe2", "sub/row.arrow"],
     ["--dataframe2: there is no file 'sub/row.arrow'", "did you mean 'sub/rows.arrow'?"]),
    (["run", "score.py", "--dataframe1", "file:patient.csv"],
     ["--dataframe1: there is no file 'patient.csv'", "did you mean 'patients.csv'?"]),
    (["run", "score.py", "--dataframe1", "./sub"], ["--dataframe1: ./sub: expected a file, found a directory"]),
    (["run", "score.py", "--bundle", "lob.zip"], ["--bundle: there is no file 'lob.zip'", "did you mean 'lib.zip'?"]),
    (["run", "score.py", "--dataframe", "patients.csv"],
     ["unknown flag '--dataframe' for quern run", "did you mean '--dataframe1'?", "list them: quern help run"]),
    (["run", "score.py", "--dataframe1"], ["--dataframe1: expected FILE|KEY behind it, found nothing"]),
    (["run", "score.py", "--memory", "4GG"], ["--memory: '4GG' is not a size; write 4G"]),
    (["run", "score.py", "--memory=-1"], ["--memory: '-1' is not a size; write 2G"]),
    (["run", "score.py", "--timeout", "60"], ["--timeout: '60' is not a duration; write 60s"]),
    (["run", "score.py", "--timeout", "0s"], ["--timeout: '0s' is not a duration; write 60s"]),
    (["run", "score.py", "--param", "depth"], ["--param: 'depth' is not KEY=VALUE; write depth=1"]),
    (["run", "score.py", "--param", "a=1", "--param", "a=2"], ["--param: 'a' was given twice"]),
    (["run", "score.py", "-o", "patients.csv"], ["-o: patients.csv: expected a directory, found a file", PLACE]),
    (["run", "score.py", "-o", "patients.csv/deep/out"],
     ["-o: patients.csv: expected a directory, found a file", PLACE]),
    (["run", "score.py", "-o", "taken"], ["-o: taken/job.json: expected a file or nothing, found a directory", PLACE]),
    (["run", "score.py", "-o", "/proc/out"], [f"-o: /proc: no file can be made there: {DENIED}", PLACE]),
    (["run", "score.py", "--image", "sixel"], ["--image: 'sixel' is not one of auto|kitty|iterm|none"]),
    (["run", "score.py", "--color", "allways"],
     ["--color: 'allways' is not one of auto|always|never", "did you mean 'always'?"]),
    (["run", "score.py", "--pdb"], ["--pdb: expected a terminal on standard input and output, found none"]),
    (["run", "score.py", "--pdb", "--json"],
     ["--pdb and --json exclude each other: the debugger writes to stdout"]),
    (["run", "score.py", "--env", "../x"],
     ["--env: '../x' is not a name; expected 1 to 64 of A-Z a-z 0-9 _ . -"]),
    (["dataset"], ["quern dataset: expected put|get|cp|show|head|ls|rm|collect|budget, found nothing",
                   "for example: quern dataset put patients.arrow patients", "its use: quern help dataset"]),
    (["dataset", "pu", "a.csv"], ["dataset: 'pu' is not one of put|get|cp|show|head|ls|rm|collect|budget", "did you mean 'put'?"]),
    (["dataset", "put", "patients.csv"],
     ["quern dataset put: expected FILE KEY, found only 'patients.csv'",
      "for example: quern dataset put patients.arrow patients", "its use: quern help dataset put"]),
    (["dataset", "--", "put"], ["quern dataset: expected 'put' right behind 'dataset'",
                                "its use: quern help dataset put"]),
    (["help", "dataset", "putt"], ["unexpected 'putt' for quern help dataset", "list them: quern help dataset"]),
    (["completion", "bsh"], [
        "completion: 'bsh' is not one of bash|zsh|fish|jobs|jobs-live|jobs-ended|jobs-failed|keys|queues|workers|environments",
        "did you mean 'bash'?"]),
    (["help", "rum"], ["unknown verb 'rum'", "did you mean 'run'?", "list them: quern help"]),
    (["version", "--json"], ["unknown flag '--json' for quern version", "list them: quern help version"]),
])
def test_b_usage_errors_say_what_and_what_next(say, words, lines):
    assert say(*words) == (2, "", error(*lines))


def test_b_an_unknown_environment_is_told_where_it_would_be(say, tmp_path):
    place = tmp_path / "config/quern/environments"
    assert say("run", "score.py", "--env", "py38") == (2, "", error(
        "--env: there is no environment 'py38'", "did you mean 'py39'?", f"it would be described in {place}/py38.conf"))


def test_b_a_bad_environment_file_is_bad_configuration(say, tmp_path):
    place = tmp_path / "config/quern/environments"
    code, out, err = say("run", "score.py", "--env", "py39")
    assert (code, out) == (78, "")
    assert err.startswith(f"error: {place}/py39.conf: py39: line 2: ")


def test_b_an_unknown_key_is_not_found(say):
    assert say("run", "score.py", "--dataframe1", "patients") == (3, "", error(
        "--dataframe1: there is no dataset 'patients' in the store", "a file is written with a path: ./patients"))


def test_b_a_word_that_is_no_key_is_usage(say):
    code, out, err = say("run", "score.py", "--dataframe1", "a//b")
    assert (code, out) == (2, "")
    assert err.startswith("error: --dataframe1: ")


def test_f_names_are_shown_escaped(say):
    assert say("run", "evil\x1b[31m\u202e.py") == (2, "", error("SCRIPT: there is no file 'evil\\x1b[31m\\u202e.py'"))


def test_f_a_path_with_control_characters_is_refused_by_the_flags_name(say, tmp_path):
    (tmp_path / "a\tb.csv").write_text("x\n1\n")
    assert say("run", "score.py", "--dataframe1", "a\tb.csv") == (2, "", error(
        "--dataframe1: expected a path in UTF-8 without control characters"))


@pytest.mark.parametrize("words", [[], ["-h"], ["--help"], ["help"]])
def test_b_help_shows_examples_first(say, words):
    code, out, err = say(*words)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "quern runs azureml_main scripts over datasets, isolated, here or on many machines."
    assert lines[1].startswith("  quern run score.py --dataframe1 patients.csv ")
    assert [line.split()[0] for line in lines if re.match(r"  [a-z]+ {3,}\S", line)] == VERBS


@pytest.mark.parametrize("verb", VERBS)
def test_b_help_of_a_verb_in_both_ways(say, verb):
    assert say("help", verb) == say(verb, "--help") == say(verb, "-h")
    code, out, err = say("help", verb)
    assert (code, err) == (0, "")
    assert out.startswith(f"quern {verb}: ") and f"\nUsage: quern {verb}" in out


def test_b_help_of_a_verb_of_two_words(say):
    code, out, err = say("help", "dataset")
    assert (code, err) == (0, "")
    seconds = re.findall(r"^  dataset (\w+) ", out, re.M)
    assert f"\nUsage: quern dataset {'|'.join(seconds)}\n" in out
    for second in seconds:
        assert say("help", "dataset", second) == say("dataset", second, "--help")
        assert say("help", "dataset", second)[1].startswith(f"quern dataset {second}: ")


@pytest.mark.parametrize("words", [[], *[[verb] for verb in VERBS], ["dataset", "put"]])
def test_b_manual_pages_are_roff_of_the_same_table(say, words):
    code, page, err = say("help", "--man", *words)
    assert (code, err) == (0, "")
    name = "\\-".join(["quern", *words])
    assert page.startswith(f".TH {name} 1 ") and f"\n.SH NAME\n{name} \\- " in page
    assert not re.search(r"^[.'](?!TH |SH |TP$|B )", page, re.M)
    shown = say("help", *words)[1]
    for flag in re.findall(r"^  (?:-\w,|   ) (--\w+)", shown, re.M):
        assert f".B {flag}".replace("-", "\\-") in page or ", " + flag.replace("-", "\\-") in page


def test_b_help_errors_is_the_table_of_words(say):
    words = (ROOT / "schemas/words.def").read_text()
    rows = re.findall(r'^REASON\(\w+, "([^"]*)", \w+, (\d+), "([^"]*)"\)', words, re.M)
    code, out, err = say("help", "errors")
    assert (code, err) == (0, "") and len(rows) > 20
    for word, exit_code, text in rows:
        assert f"{exit_code:>4}  {word or '-':<16}  {text}\n" in out


def test_b_version(say):
    version = re.search(r"VERSION (\S+) LANGUAGES", (ROOT / "CMakeLists.txt").read_text()).group(1)
    assert say("version") == say("--version") == (0, f"quern {version}\n", "")


def words_of_run(out):
    """The flags that `quern help run` names, --dataframeN and --columnsN as their first two."""
    words = re.findall(r"^  (?:-\w,|   ) (--[\w-]+)", out, re.M)
    return sorted(sum([[word[:-1] + "1", word[:-1] + "2"] if word.endswith("N") else [word] for word in words], []))


def complete(say, tmp_path, *line):
    """What bash offers at the end of a line."""
    (tmp_path / "quern.bash").write_text(say("completion", "bash")[1])
    script = ('source quern.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _quern; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", script, "bash", *line], cwd=tmp_path, capture_output=True, text=True,
                          check=True)
    assert done.stderr == ""
    return sorted(done.stdout.split())


def test_b_bash_completes_what_the_table_knows(say, tmp_path):
    assert complete(say, tmp_path, "quern", "") == sorted(VERBS)
    assert complete(say, tmp_path, "quern", "run", "--") == words_of_run(say("help", "run")[1])
    assert complete(say, tmp_path, "quern", "run", "--image", "") == ["auto", "iterm", "kitty", "none"]
    assert complete(say, tmp_path, "quern", "run", "sc") == ["score.py"]
    assert complete(say, tmp_path, "quern", "run", "-o", "s") == ["sub"]
    assert complete(say, tmp_path, "quern", "run", "--timeout", "") == []
    assert complete(say, tmp_path, "quern", "dataset", "p") == ["put"]
    assert complete(say, tmp_path, "quern", "dataset", "ls", "--") == ["--help", "--json", "--queue", "--queue-url", "--store"]
    assert complete(say, tmp_path, "quern", "dataset", "put", "sc") == ["score.py"]
    assert complete(say, tmp_path, "quern", "completion", "") == [
        "bash", "environments", "fish", "jobs", "jobs-ended", "jobs-failed", "jobs-live", "keys", "queues", "workers", "zsh"]


def test_b_zsh_and_fish_know_every_flag(say):
    flags = words_of_run(say("help", "run")[1])
    code, zsh, err = say("completion", "zsh")
    assert (code, err) == (0, "")
    assert zsh.startswith("#compdef quern\n") and all(f"{flag}[" in zsh for flag in flags)
    code, fish, err = say("completion", "fish")
    assert (code, err) == (0, "")
    run = [line for line in fish.splitlines() if "'__quern_is run'" in line]
    assert sorted("--" + re.search(r" -l (\S+)", line).group(1) for line in run) == flags


def test_b_a_full_disk_is_an_error(say, tmp_path):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([QUERN, "help"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=PATIENCE_SECONDS)
    assert (done.returncode, done.stderr) == (75, "error: writing to standard output failed\n")
