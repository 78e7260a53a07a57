"""Scores a table (dataframe1) with the model that train_model.py returned (dataframe2)."""
import pickle


def azureml_main(dataframe1=None, dataframe2=None):
    model = pickle.loads(dataframe2.loc[0, "model"])
    features = dataframe2.loc[0, "features"].split(",")
    complete = dataframe1.dropna(subset=features)
    complete = complete.assign(probability=model.predict_proba(complete[features])[:, 1])
    return complete.sort_values("probability", ascending=False)
