#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns Python modules into a C table of frozen modules: freeze.py OUT.c NAME=PATH...

Run by the interpreter that the program is linked with, because marshalled code belongs to one version. The table ends
with an empty entry, as PyImport_FrozenModules wants it.
"""
import marshal
import sys


def array(index, code):
    lines = [f"static const unsigned char code_{index}[] = {{"]
    for start in range(0, len(code), 24):
        lines.append("    " + ",".join(str(byte) for byte in code[start : start + 24]) + ",")
    return "\n".join(lines + ["};"])


def frozen(name, path):
    """Marshalled code of one module. Its frames are recognised by the file name `<frozen NAME>`."""
    with open(path, encoding="utf-8") as file:
        return marshal.dumps(compile(file.read(), f"<frozen {name}>", "exec", dont_inherit=True, optimize=0))


def main(out, *modules):
    arrays, entries = [], []
    for index, (name, path) in enumerate(module.split("=", 1) for module in modules):
        code = frozen(name, path)
        arrays.append(array(index, code))
        package = "1" if path.endswith("/__init__.py") else "0"
        entries.append(
            f'    {{.name = "{name}", .code = code_{index}, .size = {len(code)}, .is_package = {package}}},')
    text = "\n".join(
        ["// Made by cmake/freeze.py.", "#include <Python.h>", "", '#include "ops/python/frozen.h"', "", *arrays, "",
         "const struct _frozen frozen_modules[] = {", *entries, "    {.name = NULL},", "};", ""])
    with open(out, "w", encoding="utf-8") as file:
        file.write(text)


main(*sys.argv[1:])
