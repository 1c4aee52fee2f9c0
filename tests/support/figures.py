"""What tests measured, printed at the end of the run (by a hook in `tests/conftest.py`)."""

from collections.abc import Callable

FIGURES = "figures"
"""The name of the property that a test records."""
Figures = Callable[[str, object], None]
