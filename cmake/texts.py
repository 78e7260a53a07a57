#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns text files into C strings: texts.py OUT.c HEADER NAME=PATH... HEADER declares them as `extern const char NAME[]`."""
import sys


def literal(text):
    """One C string per line of the text; the source stays readable."""
    lines = text.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?").splitlines()
    return "\n".join(f'    "{line}\\n"' for line in lines) or '    ""'


def main(out, header, *texts):
    parts = ["// Made by cmake/texts.py.", f'#include "{header}"', ""]
    for name, path in (text.split("=", 1) for text in texts):
        with open(path, encoding="utf-8") as file:
            parts += [f"const char {name}[] =", literal(file.read()) + ";", ""]
    with open(out, "w", encoding="utf-8") as file:
        file.write("\n".join(parts))


main(*sys.argv[1:])
