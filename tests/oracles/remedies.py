# SPDX-License-Identifier: Apache-2.0
"""The commands that messages about foreign files and types tell, word for word (ops/dataset/remedies.h)."""

REMEDIES = {
    "REWRITE": '''python3 -c "import pyarrow.feather as f; f.write_feather(f.read_table('FILE'), 'FILE.arrow', 'zstd')"''',
    "STREAM": '''python3 -c "import pyarrow as a, pyarrow.feather as f; '''
              '''f.write_feather(a.ipc.open_stream(open('FILE', 'rb')).read_all(), 'FILE.arrow', 'zstd')"''',
    "PARQUET": '''python3 -c "import pyarrow.parquet as p, pyarrow.feather as f; '''
               '''f.write_feather(p.read_table('FILE'), 'FILE.arrow', 'zstd')"''',
    "ORC": '''python3 -c "import pyarrow.orc as o, pyarrow.feather as f; '''
           '''f.write_feather(o.read_table('FILE'), 'FILE.arrow', 'zstd')"''',
    "PICKLE": '''python3 -c "import pandas, pyarrow.feather as f; '''
              '''f.write_feather(pandas.read_pickle('FILE'), 'FILE.arrow', 'zstd')"''',
    "FLATTEN": '''python3 -c "import pyarrow.feather as f; '''
               '''f.write_feather(f.read_table('FILE').flatten(), 'FILE.arrow', 'zstd')"''',
    "VALUES": '''python3 -c "import pyarrow.feather as f; '''
              '''t = f.read_table('FILE'); i = t.column_names.index('COLUMN'); '''
              '''f.write_feather(t.set_column(i, 'COLUMN', t[i].cast(t[i].type.value_type)), 'FILE.arrow', 'zstd')"''',
    "TEXT": '''python3 -c "import pyarrow as a, pyarrow.feather as f; '''
            '''t = f.read_table('FILE'); i = t.column_names.index('COLUMN'); '''
            '''f.write_feather(t.set_column(i, 'COLUMN', a.array([None if v is None else str(v) '''
            '''for v in t[i].to_pylist()], 'string')), 'FILE.arrow', 'zstd')"''',
}
