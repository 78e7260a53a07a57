# SPDX-License-Identifier: Apache-2.0
"""ops/python/quern/lint/table.py as quern.legacy would have it: the same names, without the libraries.

Run with the glue's module directory as argument, it prints the file.
"""
import sys

HEAD = '''# SPDX-License-Identifier: Apache-2.0
"""Made by tests/oracles/lint_table.py of the tables of quern.legacy: (since, what to write now). METHODS: those whose names
nobody else has, with their class in front."""
'''
# Methods of which the name alone says enough.
PLAIN = ("ix", "as_matrix", "irow", "icol", "iget", "iget_value", "iterkv", "sortlevel", "reindex_axis", "clip_upper",
         "clip_lower", "tshift", "slice_shift", "convert_objects", "get_dtype_counts", "ftypes", "from_items", "weekday_name",
         "weekofyear", "get_duplicates", "get_feature_names", "applymap", "is_monotonic")


def tables():
    from quern.legacy import parts

    gone, modules, methods = {}, {}, {}
    for part in parts().values():
        for (holder, name), one in part.GONE.items():
            kind = holder.rpartition(".")[2]
            if not kind.lstrip("_")[:1].isupper():
                gone[f"{holder}.{name}"] = (one.since, one.now)
            elif name in PLAIN:
                methods.setdefault(name, (kind, one.since, one.now))
        modules |= {name: (one.since, one.now) for name, one in part.MODULES.items()}
    return {"GONE": gone, "MODULES": modules, "METHODS": methods}


def text():
    lines = [HEAD]
    for name, table in tables().items():
        lines += [f"{name} = {{", *(f"    {key!r}: {value!r}," for key, value in sorted(table.items())), "}"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.path[:0] = sys.argv[1:]
    print(text(), end="")
