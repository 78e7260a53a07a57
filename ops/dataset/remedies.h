/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a message tells the owner of a file that is not taken: the command that makes one of it that is. FILE and COLUMN
 * stand for the names; tests/interop/test_remedies.py runs every one of them.
 */
#ifndef DATASET_REMEDIES_H
#define DATASET_REMEDIES_H

#define REMEDY_PYTHON(imports, body) "python3 -c \"import " imports "pyarrow.feather as f; " body "\""
#define REMEDY_SAVE(table) "f.write_feather(" table ", 'FILE.arrow', 'zstd')"
#define REMEDY_COLUMN "t = f.read_table('FILE'); i = t.column_names.index('COLUMN'); "

#define REMEDY_REWRITE REMEDY_PYTHON("", REMEDY_SAVE("f.read_table('FILE')"))
#define REMEDY_STREAM REMEDY_PYTHON("pyarrow as a, ", REMEDY_SAVE("a.ipc.open_stream(open('FILE', 'rb')).read_all()"))
#define REMEDY_PARQUET REMEDY_PYTHON("pyarrow.parquet as p, ", REMEDY_SAVE("p.read_table('FILE')"))
#define REMEDY_ORC REMEDY_PYTHON("pyarrow.orc as o, ", REMEDY_SAVE("o.read_table('FILE')"))
#define REMEDY_PICKLE REMEDY_PYTHON("pandas, ", REMEDY_SAVE("pandas.read_pickle('FILE')"))
#define REMEDY_HDF REMEDY_PYTHON("pandas, ", REMEDY_SAVE("pandas.read_hdf('FILE')"))
#define REMEDY_FLATTEN REMEDY_PYTHON("", REMEDY_SAVE("f.read_table('FILE').flatten()"))
#define REMEDY_VALUES                                                                                                  \
    REMEDY_PYTHON("", REMEDY_COLUMN REMEDY_SAVE("t.set_column(i, 'COLUMN', t[i].cast(t[i].type.value_type))"))
#define REMEDY_TEXT                                                                                                    \
    REMEDY_PYTHON("pyarrow as a, ", REMEDY_COLUMN REMEDY_SAVE("t.set_column(i, 'COLUMN', a.array([None if v is None "  \
                                                              "else str(v) for v in t[i].to_pylist()], 'string'))"))

#endif
