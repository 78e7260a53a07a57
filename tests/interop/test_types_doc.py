# SPDX-License-Identifier: Apache-2.0
"""docs/types.md tells what happens."""
import types_doc


def test_m_the_table_of_types_is_what_happens(tmp_path):
    written = types_doc.DOCUMENT.read_text().splitlines()
    found = types_doc.document(tmp_path).splitlines()
    assert written == found, f"docs/types.md is not what happens; to write it anew: {types_doc.COMMAND}"
