# SPDX-License-Identifier: Apache-2.0
"""What pandas and NumPy still take and do otherwise: with `legacy` they do what they did."""
import pandas as pd
import pytest

from glue_job import run
from legacy_pairs import FRAME, HEAD, pairs

# What is still taken and means something else.
MEANINGS = [
    ("d.k.str.replace('[ab]','z')", "d.k.str.replace('[ab]','z',regex=True)"),
    ("d.k.str.replace('a.?','z')", "d.k.str.replace('a.?','z',regex=True)"),
    ("pd.Series(['a,b,c']).str.split(',',1)", "pd.Series([['a','b,c']])"),
    ("pd.Series(['a,b,c']).str.split(',',1,True)", "pd.DataFrame([['a','b,c']])"),
    ("d.groupby('k').apply(lambda g: g['k'].iloc[0])", "pd.Series(['a','b','c'],index=pd.Index(['a','b','c'],name='k'))"),
    ("d.groupby('k').apply(lambda g: g.head(1)).columns.tolist()", "['k','x','y']"),
    ("[k for k,_ in d.groupby(['k'])]", "['a','b','c']"),
    ("d.groupby(['k']).get_group('a').x.tolist()", '[1,4]'),
    ("d.assign(c=pd.Categorical(d.k,categories=list('abcd'))).groupby('c').x.sum()",
     "d.assign(c=pd.Categorical(d.k,categories=list('abcd'))).groupby('c',observed=False).x.sum()"),
    ("d.assign(c=pd.Categorical(d.k,categories=list('abcd'))).pivot_table('x','c').shape", '(3,1)'),
    ("d[['x','y']].stack()",
     "pd.Series([1,1.5,2,2.5,3,4,4.5,5,5.5],index=pd.MultiIndex.from_tuples([(0,'x'),(0,'y'),(1,'x'),(1,'y'),(2,'x'),(3,'x'),(3,'y'),(4,'x'),(4,'y')]))"),
    ('d.k.value_counts().reset_index().columns.tolist()', "['index','k']"),
    ('d.k.value_counts().name', "'k'"),
    ('d.k.value_counts(normalize=True).reset_index().columns.tolist()', "['index','k']"),
    ('pd.get_dummies(d.k).dtypes.astype(str).tolist()', "['uint8']*3"),
    ('pd.get_dummies(d.k).values.tolist()', "pd.get_dummies(d.k,dtype='uint8').values.tolist()"),
    ("d.groupby({'x':'s','y':'s'},axis=1).sum()", "d[['x','y']].sum(axis=1).to_frame('s')"),
    ("d.set_index('k').sum(level=0)", "d.groupby('k').sum()"),
    ("d.set_index('k').x.mean(level='k')", "d.groupby('k').x.mean()"),
    ("d.pivot('x','k','y').shape", '(5,3)'),
    ("d.sort_values('x',0,False)", "d.sort_values('x',ascending=False)"),
    ("d.drop_duplicates('k','last')", "d.drop_duplicates('k',keep='last')"),
    ("d.to_csv(None,';')", "d.to_csv(sep=';')"),
    ('pd.unique([1,2,1])', '[1,2]'),
    ("pd.factorize(['a','b','a'])[0]", '[0,1,0]'),
    ("pd.Series(pd.to_datetime(['2014-01-01 10:20'])).dt.floor('H').astype(str).tolist()", "['2014-01-01 10:00:00']"),
    ("pd.Series(pd.to_datetime(['2014-01-01 10:20:31'])).dt.round('T').astype(str).tolist()", "['2014-01-01 10:21:00']"),
    ("hours().rolling('2H').sum().tolist()[:3]", '[0.0,1.0,3.0]'),
    ('d.x.nonzero()[0]', '[0,1,2,3,4]'),
    ('d.x.ptp()', '4'),
    ('d.x.compress(d.x>3).tolist()', '[4,5]'),
    ("d.select(lambda c: c!='x',axis=1)", "d[['k','y']]"),
    ('d.sum(axis=1)', "d[['x','y']].sum(axis=1)"),
    ('d.max(axis=1)', "d[['x','y']].max(axis=1)"),
    ("d.y.pct_change(fill_method='pad').tolist()[3]", '0.8'),
    ("d.y.interpolate(method='pad')", 'd.y.ffill()'),
    ("d.y.replace(1.5,method='bfill')", 'd.y.replace(1.5,2.5)'),
    ('d.x.between(2,3,inclusive=True).tolist()', '[False,True,True,False,False]'),
    ('d.x.between(2,3,inclusive=False).tolist()', '[False]*5'),
    ("pd.DataFrame.from_csv(io.StringIO('a,b\\n1,2\\n'))", "pd.read_csv(io.StringIO('a,b\\n1,2\\n'),index_col=0)"),
    ("pd.read_csv(io.StringIO('a,b\\n1,2\\n'),prefix='X',header=None).columns.tolist()", "['X0','X1']"),
    ('np.cast[np.int32](2.5)', '2'),
    ("np.lib.pad([1],1,'constant').tolist()", '[0,1,0]'),
    ("np.sctypes['int'][0].__name__", "'int8'"),
    ('np.histogram([1,2,3],bins=3,normed=True)[0].tolist()', 'np.histogram([1,2,3],bins=3,density=True)[0].tolist()'),
    ('np.vstack(x for x in [[1],[2]]).tolist()', '[[1],[2]]'),
    ('np.sum(x for x in [1,2])', '3'),
    ('np.math.sqrt(4)', '2.0'),
    ("d.groupby('k').apply(lambda g: g.assign(x=g.x - g.x.mean())).index.tolist()", '[0, 1, 2, 3, 4]'),
    ("d.groupby('k', group_keys=True).apply(lambda g: g.head(1)).index.nlevels", '2'),
    ("d.groupby(['k', 'x']).apply(lambda g: len(g.columns)).tolist()", '[3] * 5'),
    ("pd.DataFrame({'t': pd.to_datetime(['2014-01-31', '2014-02-01']), 'v': [1, 2]}).groupby(pd.Grouper(key='t', freq='M')).v.sum().tolist()",
     '[1, 2]'),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return pairs(tmp_path_factory.mktemp("meanings"), HEAD, MEANINGS)


@pytest.mark.parametrize("old", [old for old, _ in MEANINGS])
def test_m_means_what_it_meant(made, old):
    found, expected = made[old]
    assert "failed" not in expected.columns, expected
    assert "failed" not in found.columns, "\n".join(found["failed"])
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, check_names=False)


def test_m_lists_of_several_lengths_make_an_array_of_lists(tmp_path):
    job = run(tmp_path, "import numpy as np, pandas as pd\ndef azureml_main():\n    return pd.DataFrame({'n': np.array([[1], [2, 3]]).shape})\n",
              legacy=True)
    assert job.raised is None and job.results[1]["n"].tolist() == [2], job.err


# What is set in place, and what is left of the frame then.
SET = [
    ("d['y'].fillna(9, inplace=True)", "d['y'] = d['y'].fillna(9)"),
    ("d.k.replace('a', 'z', inplace=True)", "d['k'] = d['k'].replace('a', 'z')"),
    ("d['x'][1] = 20", "d.loc[1, 'x'] = 20"),
    ("d.x[d.x > 3] = 0", "d.loc[d.x > 3, 'x'] = 0"),
    ("d['x'].loc[2:3] = 7", "d.loc[2:3, 'x'] = 7"),
    ("d['x'].iat[0] = 7", "d.loc[0, 'x'] = 7"),
    ("d['x'].ix[4] = 7", "d.loc[4, 'x'] = 7"),
    ("c = d['x']; c[0] = 8; c[1] = 9", "d.loc[[0, 1], 'x'] = [8, 9]"),
    ("d['c'] = d.k.astype('category'); d['c'][0] = 'b'", "d['c'] = pd.Categorical(['b', 'b', 'c', 'a', 'b'])"),
    ("d['x'][0] = 2.5", "d['x'] = [2.5, 2, 3, 4, 5]"),
    ("d.loc[1, 'x'] = 'text'", "d['x'] = pd.Series([1, 'text', 3, 4, 5], dtype=object)"),
    ("d.loc[1, 'k'] = 3", "d['k'] = pd.Series(['a', 3, 'c', 'a', 'b'], dtype=object)"),
    # what is no column of the frame, or not any more
    ("c = d['x'].copy(); c[0] = 8", ""),
    ("c = d['x'] * 2; c[0] = 8", ""),
    ("c = d[d.x > 0]['x']; c.fillna(0, inplace=True); c[0] = 8", ""),
    ("c = d['y']; c.dropna(inplace=True)", ""),
    ("e = d.copy(); e['x'][0] = 8", ""),
    ("e = d.drop(columns='y'); e['x'][0] = 8; e.x.replace(2, 3, inplace=True)", ""),
    ("c = d.pop('x'); c[0] = 8", "d.pop('x')"),
    ("d['t'] = [str(c) for c in d if d[c].dtype == object] + 4 * ['']", "d['t'] = ['k', '', '', '', '']"),
    ("d['t'] = pd.to_datetime(['1970-01-02'] * 5); d['s'] = d.t.astype('int64') // 10**9", "d['t'] = pd.to_datetime(['1970-01-02'] * 5); d['s'] = 86400"),
]
LEFT = """
import traceback
def left(text, d):
    try:
        exec(text, {**globals(), "d": d})
        return table(d)
    except Exception:
        return pd.DataFrame({"failed": traceback.format_exc().splitlines()})
def azureml_main(d):
    return {f"{side}{i}": left(pair[side], d.copy()) for i, pair in enumerate(CASES) for side in (0, 1)}
"""


@pytest.fixture(scope="module")
def left(tmp_path_factory):
    job = run(tmp_path_factory.mktemp("set"), f"{HEAD}CASES = {SET!r}\n{LEFT}", [FRAME], legacy=True)
    assert job.raised is None, job.err
    return {old: (job.results[f"0{i}"], job.results[f"1{i}"]) for i, (old, _) in enumerate(SET)}


@pytest.mark.parametrize("old", [old for old, _ in SET])
def test_m_what_is_set_in_a_column_is_in_its_frame(left, old):
    found, expected = left[old]
    assert "failed" not in expected.columns, expected
    assert "failed" not in found.columns, "\n".join(found["failed"])
    pd.testing.assert_frame_equal(found, expected)
