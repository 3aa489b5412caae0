"""The service: assignments, answers, checking, storage, web and command line."""

import os

# One BLAS thread per process: the matrices are small, and with several processes more threads fight for
# the cores (eigh of 200 x 200 ran ten times slower). It must be said before NumPy is loaded.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
