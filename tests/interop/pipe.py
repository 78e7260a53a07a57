# SPDX-License-Identifier: Apache-2.0
"""Arrow files through reader, check and writer in C, many per second: tests/unit/segment_pipe.c kept running.

QUERN_BIN names the directory of the programs (default: build/dev/bin, where the sanitizers are on).
"""
import os
import pathlib
import struct
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Pipe:
    """One running segment_pipe. A crash ends it and fails the question that was asked."""

    def __init__(self, errors):
        """errors: path of a file for what sanitizers say."""
        program = pathlib.Path(os.environ.get("QUERN_BIN", ROOT / "build/dev/bin")) / "segment_pipe"
        self.errors = errors
        with open(errors, "wb") as stderr:
            self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr)

    def ask(self, raw, profile="ns", decimals="float", columns=None):
        """(True, the file written) or (False, 'reason: message') for the bytes of a file.

        profile: 'ns' or 'units'; decimals: 'float' or 'text'; columns: names of those that are wanted, None for all.
        """
        names = b"".join(name.encode() + b"\0" for name in columns or [])
        asked = f"{profile[0]}{decimals[0]}{'a' if columns is None else 's'}".encode()
        try:
            self.process.stdin.write(asked + struct.pack("<I", len(names)) + names + struct.pack("<I", len(raw)) + raw)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        verdict, count = struct.unpack("<cI", self.read(5))
        told = self.read(count)
        assert verdict != b"b", f"a broken segment, or one that cannot be written: {told.decode()}"
        return (True, told) if verdict == b"o" else (False, told.decode())

    def read(self, count):
        found = self.process.stdout.read(count)
        assert len(found) == count, f"segment_pipe ended with {self.process.wait()}: {self.errors.read_text()[:5000]}"
        return found

    def close(self):
        """Ends it; leaks are told here."""
        self.process.stdin.close()
        assert self.process.wait() == 0, self.errors.read_text()[:5000]
        self.process.stdout.close()
