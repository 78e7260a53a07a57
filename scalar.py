def azureml_main():
    return 42

