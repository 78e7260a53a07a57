def azureml_main(a): pass
