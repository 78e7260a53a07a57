# SPDX-License-Identifier: Apache-2.0
# -*- coding: utf-8 -*-
import re, string, json
import pandas as pd
from collections import Counter, defaultdict
from sklearn.feature_extraction.text import TfidfVectorizer
STOP = set(u'the a an and of für und'.split())
def tokens(text):
    text = re.sub('[%s]' % re.escape(string.punctuation), ' ', text.lower())
    return [t for t in text.split() if t not in STOP]
def azureml_main(dataframe1=None, dataframe2=None):
    docs = ['Glucose of %d, mass %s: %s' % (r.glucose if r.glucose == r.glucose else 0, r.mass, r.diabetes)
            for r in dataframe1.head(40).itertuples()] + [u'Größe für naïve cafés, the end']
    vec = TfidfVectorizer(tokenizer=tokens, token_pattern=None, max_features=12)
    m = vec.fit_transform(docs)
    names = sorted(vec.vocabulary_, key=vec.vocabulary_.get)
    counts = Counter(t for d in docs for t in tokens(d)).most_common(5)
    by = defaultdict(list)
    for word, n in counts: by[n].append(word)
    return pd.DataFrame(m.toarray(), columns=names), pd.DataFrame({'json': [json.dumps(by, sort_keys=True)], 'list': [names]})
