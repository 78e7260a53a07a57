import os
def azureml_main():
    os._exit(7)

