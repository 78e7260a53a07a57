# SPDX-License-Identifier: Apache-2.0
"""The inputs of a job, each made when it is first asked for."""
import collections.abc
import os

import _quern
from quern import frames, objects


class Input:
    """One connected input. port; parameter: the name that it was given, or ""; kind: of schemas/objects.def."""

    def __init__(self, port, fd, name, kind, parameter, note):
        self.port, self.fd, self.name, self.kind, self.parameter, self.note = port, fd, name, kind, parameter, note
        self.segment = _quern.map_segment(fd) if kind == "dataset" else None
        self.made = []  # (maker, value): a maker's value is made once

    @property
    def label(self):
        """Its name in quern.inputs."""
        return self.parameter or f"dataframe{self.port}"

    def value(self, maker=frames.made):
        """The frame that `maker` makes of it, or the object."""
        for one, value in self.made:
            if one is maker or self.segment is None:
                return value
        self.made.append((maker, self.make(maker)))
        return self.made[-1][1]

    def make(self, maker):
        if self.segment is not None:
            return maker(self.segment, self.note)
        place = os.path.join(objects.FOLDER, self.label, os.path.basename(self.name))
        return objects.loaded(self.fd, self.kind, self.name, place)


class Inputs(collections.abc.Mapping):
    """quern.inputs: the inputs by name, as azureml_main gets them. One without a name is `dataframe1`, `dataframe2`, ..."""

    def __init__(self):
        self._given = {}

    def _fill(self, given):
        self._given = {one.label: one for one in given}

    def __getitem__(self, name):
        if name not in self._given:
            raise KeyError(f"no input {name!r}; there are: {', '.join(self._given) or 'none'}")
        return self._given[name].value()

    def __iter__(self):
        return iter(self._given)

    def __len__(self):
        return len(self._given)

    def __repr__(self):
        return f"<inputs: {', '.join(f'{name} ({one.kind})' for name, one in self._given.items()) or 'none'}>"
