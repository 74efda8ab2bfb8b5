"""Tests derive everything anew, and leave nothing in the user's folders."""

import os

os.environ["SYMBP_CACHE"] = "off"
