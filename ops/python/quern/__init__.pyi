# SPDX-License-Identifier: Apache-2.0
# Types of the module `quern`, for editors and type checkers; `quern init --types` writes them anew.
"""What a script may import from the runtime that calls it."""

params: dict[str, str]
"""The parameters of the job (`--param threshold=0.7`), text by text; empty when there are none."""
