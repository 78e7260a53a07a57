import numpy as np
def azureml_main():
    x=[np.ones(1<<24) for _ in range(100)]

