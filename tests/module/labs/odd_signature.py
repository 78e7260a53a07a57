# SPDX-License-Identifier: Apache-2.0
import pandas as pd
class Scaler(object):
    """A class, as in the forum post"""
    factor = 2
    def __init__(self, cols): self.cols = cols
    def __call__(self, d):
        d[self.cols] = d[self.cols] * self.factor
        return d

threshold = 100
def azureml_main(myData, other = None, alpha = 0.5, *args, **kwargs):
    global threshold
    threshold = threshold + alpha
    s = Scaler(['glucose'])
    out = s(myData)
    return out[out.glucose > threshold], pd.Series([threshold, alpha]), None
if __name__ == '__main__':
    raise SystemExit('not here')
