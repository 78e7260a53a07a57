"""Uses a module and a data file of a script bundle (examples/bundle.zip): share of diabetes by class of body mass."""
import bodymass


def azureml_main(dataframe1=None, dataframe2=None):
    dataframe1["class"] = bodymass.classify(dataframe1["mass"])
    dataframe1["positive"] = dataframe1["diabetes"] == "pos"
    with open("./Script Bundle/limits.csv") as limits:
        print("limits:", limits.read().replace("\n", " "))
    shares = dataframe1.groupby("class", observed=True)["positive"].agg(["size", "mean"]).reset_index()
    return shares.rename(columns={"size": "people", "mean": "share"})
