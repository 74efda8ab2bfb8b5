"""symbp: closed-form gradients of neural networks, as formulas, as verified NumPy, and as LaTeX."""

__version__ = "0.1.0"
