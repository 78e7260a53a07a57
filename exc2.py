def azureml_main(a=None):
    return a["aged"] * 2

