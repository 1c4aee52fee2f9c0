"""Stores are opened inline here, on disks that are slow on purpose; the server's own tests watch the loop."""

import pytest


@pytest.fixture(autouse=True)
def no_blocking() -> None:
    """Nothing is watched."""
