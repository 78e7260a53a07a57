def azureml_main(): pass
