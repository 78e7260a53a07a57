# SPDX-License-Identifier: Apache-2.0
"""What an attacker looks for: files, sockets, memory, a process. The same things stand in the world of the daemon and in
that of the positive control, so that a script finds them wherever it can.

Calling sequence: Planted() → visitors(), changed() as often as wanted → close().
"""
import ctypes
import os
import pathlib
import socket
import subprocess

# Of one point, and for its owner only: where one more comes with a result than was made, it was read for a script.
PICTURE = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010800000000"
                        "3a7e9b550000000a49444154789c636000000002000148afa4710000000049454e44ae426082")
SECRET = "sesame-7f3a91"  # of the planted files and of the neighbour; Redis has a password of its own
TCP, UDP = 9471, 9472
PATHS = {name: pathlib.Path(name) for name in ("/run/planted", "/tmp/planted", "/var/tmp/planted", "/dev/shm/planted")}
SOCKET, ABSTRACT = "/run/planted/socket", "\0planted"
SYSV_KEY = 0x51554552
QUEUE = b"/planted"
LIBC = ctypes.CDLL(None, use_errno=True)
IPC_CREAT, O_CREAT_RDWR = 0o1000, 0o102


class Planted:
    """around: a program and arguments before a command, such as those that make it another user's."""

    def __init__(self, around=(), uid=None):
        self.uid = os.geteuid() if uid is None else uid
        self.listeners = []
        self.make_files()
        self.make_sockets()
        self.shm = LIBC.shmget(SYSV_KEY, 4096, IPC_CREAT | 0o666)
        self.queue = LIBC.mq_open(QUEUE, O_CREAT_RDWR, 0o666, None)
        self.neighbour = subprocess.Popen([*around, "/usr/bin/python3", "-BSE", "-c", "import signal; signal.pause()"],
                                          env={"SECRET": SECRET}, stdin=subprocess.DEVNULL)
        self.files = self.read_files()

    def make_files(self):
        for directory in PATHS.values():
            directory.mkdir(mode=0o755)
            (directory / "secret").write_text(SECRET)
            (directory / "picture.png").write_bytes(PICTURE)
            for name in ("secret", "picture.png"):
                (directory / name).chmod(0o600)
            (directory / "open").write_text("everybody may write here")
            (directory / "open").chmod(0o666)
            (directory / "everybody").mkdir()
            (directory / "everybody").chmod(0o777)
            for path in (directory, *directory.iterdir()):
                os.chown(path, self.uid, self.uid)

    def make_sockets(self):
        for family, kind, address in ((socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", TCP)),
                                      (socket.AF_INET6, socket.SOCK_STREAM, ("::1", TCP)),
                                      (socket.AF_INET, socket.SOCK_DGRAM, ("0.0.0.0", UDP)),
                                      (socket.AF_UNIX, socket.SOCK_STREAM, SOCKET),
                                      (socket.AF_UNIX, socket.SOCK_STREAM, ABSTRACT)):
            own = socket.socket(family, kind)
            own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            own.bind(address)
            if kind == socket.SOCK_STREAM:
                own.listen(64)
            own.setblocking(False)
            self.listeners.append(own)
        os.chmod(SOCKET, 0o666)

    def visitors(self):
        """Who connected or sent something since the last time."""
        found = []
        for own in self.listeners:
            try:
                while True:
                    who = own.accept()[1] if own.type == socket.SOCK_STREAM else own.recvfrom(100)
                    found.append(f"{own.getsockname()}: {who}")
            except BlockingIOError:
                continue
        return found

    @staticmethod
    def read_files():
        found = {}
        for directory in PATHS.values():
            for path in (directory, *directory.rglob("*")) if directory.exists() else ():
                status = path.lstat()
                found[str(path)] = (status.st_mode, status.st_uid, status.st_nlink, status.st_mtime_ns,
                                    path.read_bytes() if path.is_file() else b"")
        return found

    def changed(self):
        """What is no longer as it was planted: sentences."""
        files = self.read_files()
        found = [f"{path} was changed" for path, was in self.files.items() if files.get(path) != was]
        found += [f"{path} is new" for path in files.keys() - self.files.keys()]
        if not self.neighbour_lives():
            found.append("the neighbour is dead")
        return found

    def neighbour_lives(self):
        """False also when its end is on its way."""
        status = pathlib.Path(f"/proc/{self.neighbour.pid}/status")
        return self.neighbour.poll() is None and "\nSigPnd:\t0000000000000000\n" in status.read_text()

    def close(self):
        for own in self.listeners:
            own.close()
        self.neighbour.kill()
        self.neighbour.wait()
        LIBC.shmctl(self.shm, 0, None)
        LIBC.mq_unlink(QUEUE)
