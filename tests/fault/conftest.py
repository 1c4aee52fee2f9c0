"""What the fault tests measured is printed at the end of the run."""

import pytest

FIGURES = "figures"


@pytest.fixture(autouse=True)
def no_blocking() -> None:
    """Stores are opened inline here, on disks that are slow on purpose; the server's own tests watch the loop."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show each figure that a test recorded."""
    for report in [*terminalreporter.stats.get("passed", []), *terminalreporter.stats.get("failed", [])]:
        for name, value in getattr(report, "user_properties", []):
            if name == FIGURES:
                terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {value}")
