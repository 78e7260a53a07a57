def azureml_main():
    return {"a":[1,2],"b":[1]}

