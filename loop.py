def azureml_main():
    while True: pass

