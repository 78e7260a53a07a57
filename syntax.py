def azureml_main(:
