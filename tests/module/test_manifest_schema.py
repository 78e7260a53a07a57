# SPDX-License-Identifier: Apache-2.0
"""Real manifests are what schemas/manifest.schema.json says: every state with every reason, hostile texts, full tables."""
import json
import os
import pathlib
import subprocess

import jsonschema
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = pathlib.Path(os.environ.get("QUERN_BIN", ROOT / "build/dev/bin")) / "manifest_tool"
VALIDATOR = jsonschema.Draft202012Validator(json.loads((ROOT / "schemas/manifest.schema.json").read_text()))


@pytest.fixture(scope="module")
def manifests():
    """All that the tool prints, parsed strictly: no name twice, no NaN."""
    def once(pairs):
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)

    text = subprocess.run([TOOL], capture_output=True, check=True).stdout.decode("utf-8")
    parts = text.split("\x1e\n")
    assert parts.pop() == ""
    return [json.loads(part, object_pairs_hook=once) for part in parts]


def test_b_every_manifest_is_as_the_schema_says(manifests):
    assert len(manifests) > 100
    for manifest in manifests:
        VALIDATOR.validate(manifest)


def test_b_every_state_and_reason_was_seen(manifests):
    schema = VALIDATOR.schema["properties"]
    assert {m["state"] for m in manifests} == set(schema["state"]["enum"])
    assert {"exit:9", "signal:SIGKILL", "limit:memory", "exception", None} <= {m["reason"] for m in manifests}


def test_m_script_errors_begin_with_their_number(manifests):
    failed = [m for m in manifests if m["state"] == "failed" and m["reason"] == "exception"]
    assert failed
    for manifest in failed:
        assert manifest["error"]["details"][0]["message"].startswith("Error 0085: The following error occurred")


def test_f_texts_keep_quotes_and_other_scripts(manifests):
    messages = {m["message"] for m in manifests if m["reason"] == "bug"}
    assert all(m.endswith('it\'s "bad"\n\U0001f4a9 \\xff\x01') for m in messages) and messages


def test_l_the_fullest_manifest(manifests):
    full = manifests[-1]
    assert len(full["inputs"]) == 64 and len(full["outputs"]) == 64
    assert len(full["warnings"]) == 32 and full["warnings_left"] == 8
    assert full["inputs"][0]["name"] == 'p\u00e4tients "1"'
    assert full["inputs"][0]["segment_bytes"] == 2**63 - 1
    assert full["outputs"][1]["key"] is None
    assert len(full["inputs"][0]["column_report"]) == 200 and full["inputs"][0]["columns_left"] == 3
    assert full["files"] == [{"name": "outputs/\\xff", "key": "job:01J/files/outputs/x", "version": None, "bytes": 5}]
    assert full["written"] == [{"key": "team/scores", "version": "v3", "bytes": 6}]
    assert full["metrics"] == [{"name": "mae \u00e4", "value": 0.5}, {"name": "roc", "value": {"x": [1, 2]}}]
    assert full["inputs"][0]["column_report"][7] == {
        "name": '\\xff "1"', "type": "double", "treatment": "converted", "bytes": 7, "why": "because"}
    assert full["inputs"][1]["column_report"] == [] and full["inputs"][1]["columns_left"] == 0
    assert list(full["steps"]) == ["claim", "load", "run", "collect", "publish"]
    assert full["steps"]["run"]["ms"] == 1234.567
    assert full["files"] == [{"name": "outputs/\\xff", "key": "job:01J/files/outputs/x", "version": None, "bytes": 5}]
    assert full["written"] == [{"key": "team/scores", "version": "v3", "bytes": 6}]
    assert full["metrics"] == [{"name": "mae \u00e4", "value": 0.5}, {"name": "roc", "value": {"x": [1, 2]}}]


def test_b_limits_tell_whose_word_they_are(manifests):
    assert manifests[0]["limits"] == {"mapped_bytes": 0} and manifests[0]["limits_from"] == {}
    full = manifests[-1]
    assert full["limits"]["time_ms"] == 3600000 and "time_ms" not in full["limits_from"]
    assert {full["limits_from"][name] for name in full["limits_from"]} == {"asked", "environment", "host"}


def test_b_the_schema_refuses_what_is_not_in_it(manifests):
    assert not VALIDATOR.is_valid({**manifests[0], "extra": 1})
    failed = next(manifest for manifest in manifests if manifest["state"] == "failed")
    assert not VALIDATOR.is_valid({**failed, "state": "succeeded"})
    assert not VALIDATOR.is_valid({name: value for name, value in failed.items() if name != "error"})
