# SPDX-License-Identifier: Apache-2.0
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.preprocessing import scale
import pandas as pd
import matplotlib.pyplot as plt
def azureml_main(dataframe1):
    numbers = dataframe1.select_dtypes(include=['number']).fillna(0)
    X = scale(numbers.values.astype(float))
    points = PCA(n_components=2, svd_solver='full').fit_transform(X)
    km = KMeans(n_clusters=3, n_init=3, random_state=7).fit(X)
    plt.scatter(points[:, 0], points[:, 1], c=km.labels_)
    plt.title('clusters')
    plt.savefig('clusters.png'); plt.close('all')
    sizes = pd.Series(km.labels_).value_counts().sort_values()
    return pd.DataFrame(abs(points).round(6), columns=['pc1', 'pc2']), pd.DataFrame({'size': sizes.values})
