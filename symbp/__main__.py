"""``python -m symbp`` is the command ``symbp``."""

from symbp.cli import main

if __name__ == "__main__":
    main()
