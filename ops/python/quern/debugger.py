# SPDX-License-Identifier: Apache-2.0
"""The debugger at the script's own line that failed, on the terminal that is stdin."""
import bdb
import pdb

from quern import failures, script


class AtScript(pdb.Pdb):
    """Opens in the innermost frame of the script instead of deep inside a library; `down` leads there."""

    def setup(self, frame, traceback):
        super().setup(frame, traceback)
        own = [at for at, (step, _) in enumerate(self.stack) if step.f_code.co_filename == script.FILE]
        if own:
            self.curindex = own[-1]
            self.curframe = self.stack[self.curindex][0]
            self.curframe_locals = self.curframe.f_locals


def post_mortem(error):
    if isinstance(error, bdb.BdbQuit):  # whoever left a breakpoint() has seen enough
        return
    step = failures.first_frame(error)
    if step is None:
        return
    debugger = AtScript()
    debugger.reset()
    debugger.interaction(None, step)
