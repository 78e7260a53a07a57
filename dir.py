def azureml_main(a): return a
