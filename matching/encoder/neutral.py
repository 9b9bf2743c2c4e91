"""TEMPORARY stand-in by the lead so that others can run; the encoder's owner replaces this file whole."""

import numpy as np
from matching.encoder.protocol import unit_rows


class NeutralSpace:
    def __init__(self, version):
        self.version = version

    @classmethod
    def load_default(cls):
        return cls("temp")

    @classmethod
    def identity(cls, dim):
        return cls("identity")

    def project(self, vectors, languages):
        if self.version == "identity":
            return vectors
        v = np.asarray(vectors, dtype=np.float32)
        langs = np.array(list(languages))
        out = v - v.mean(0) if len(v) > 20 else v - 0.0
        return unit_rows(out)
