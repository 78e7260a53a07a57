import sys
def azureml_main():
    sys.exit(3)

