"""Measurements: ``python -m benchmarks`` times training steps and generation, as ratios within one run."""

import os

# One thread for every peer; the libraries read this when they are loaded.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
