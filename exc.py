def azureml_main(a=None):
    return a["age"] * 2

