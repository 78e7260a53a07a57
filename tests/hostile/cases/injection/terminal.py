# SPDX-License-Identifier: Apache-2.0
"""I2: escapes that do something in the terminal of who looks: clipboard, title, clearing, bidirectional text, C1 controls; in
the output and in the message of an exception, which is shown."""

EXPECT = {"reason": "exception",
          "like": r"ValueError: .*", "unseen": ["\x1b]52", "\x1b[2J", "\x1b]0", "\x9b", "\u202e", "\x1b[?1049h", "\x1bc"],
          "free": None, "end": "exit 1", "short": True}
TEXT = "\x1b]52;c;cm0gLXJmIH4=\x07\x1b[2J\x1b]0;gone\x07\x9b31m\u202egnp\x1b[?1049h\x1bc"


def azureml_main():
    print(TEXT)
    raise ValueError(TEXT)
