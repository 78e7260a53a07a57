# SPDX-License-Identifier: Apache-2.0
"""N13, N14: system calls of another architecture, which a filter for x86-64 may not know: int 0x80, and the x32 numbers.
Code is made by hand in memory that may be executed: scripts may do that."""
import ctypes
import mmap
import os
import signal

from attack import in_child, say, system_call

EXPECT = {
    "found": {"int 0x80: getpid": -31, "int 0x80: socketcall": -31, "x32: getpid": -31},
    "free": {"int 0x80: getpid": 1, "int 0x80: socketcall": 1, "x32: getpid": 0},
}
# mov eax, NUMBER; xor ebx, ebx; xor ecx, ecx; int 0x80; ret
GETPID, SOCKETCALL = (b"\xb8" + bytes([number, 0, 0, 0]) + b"\x53\x31\xdb\x31\xc9\xcd\x80\x5b\xc3" for number in (20, 102))


def run_code(code):
    memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    memory.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    ctypes.CFUNCTYPE(ctypes.c_int)(address)()
    return 1


def x32():
    try:
        system_call(0x40000000 | 39)
    except OSError:
        return 0
    return 0


def azureml_main():
    assert signal.SIGSYS == 31 and os.uname().machine == "x86_64"
    say({"int 0x80: getpid": in_child(run_code, GETPID), "int 0x80: socketcall": in_child(run_code, SOCKETCALL),
         "x32: getpid": in_child(x32)})
