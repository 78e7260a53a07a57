#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns a room's Lua scripts into a C table: embed.py OUT.c CLOCK.lua LUA_DIR HEADER TABLE

Each script is CLOCK.lua, the other files of LUA_DIR/shared in the order of their names, and LUA_DIR/NAME.lua. They are
listed in the order of LUA_DIR/../scripts.def, lines `SCRIPT(NAME, "word")`; HEADER declares the TABLE of struct script.
Redis names a script by the SHA-1 of its text.
"""
import hashlib
import pathlib
import re
import sys


def names(definition):
    return re.findall(r'^SCRIPT\((\w+), "(\w+)"\)', definition.read_text(), re.MULTILINE)


def script(clock, lua, name):
    """The text of one transition; tests/module/test_queue_model.py uses it, too."""
    shared = sorted(path for path in (lua / "shared").glob("*.lua") if path.name != "1_clock.lua")
    return "".join(path.read_text(encoding="utf-8") for path in [clock, *shared, lua / f"{name}.lua"]).encode()


def array(name, code):
    lines = [f"static const unsigned char code_{name}[] = {{"]
    for start in range(0, len(code), 24):
        lines.append("    " + ",".join(str(byte) for byte in code[start : start + 24]) + ",")
    return "\n".join([*lines, "};"])


def main(out, clock, lua, header, table):
    lua = pathlib.Path(lua)
    arrays, entries = [], []
    for symbol, name in names(lua.parent / "scripts.def"):
        code = script(pathlib.Path(clock), lua, name)
        arrays.append(array(name, code))
        entries.append(f'    [SCRIPT_{symbol}] = {{"{name}", "{hashlib.sha1(code).hexdigest()}", '
                       f"code_{name}, sizeof code_{name}}},")
    text = ["// Made by redis/embed.py.", f'#include "{header}"', "", *arrays, "",
            f"const struct script {table}[SCRIPT_COUNT] = {{", *entries, "};", ""]
    pathlib.Path(out).write_text("\n".join(text))


if __name__ == "__main__":
    main(*sys.argv[1:])
