import ctypes
def azureml_main():
    ctypes.string_at(0)

