def azureml_main():
    x=bytearray(1<<40)

