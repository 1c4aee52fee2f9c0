"""The reference pages that are made from the code: `python -m tests.docs.generate` writes them, a test compares."""

from pathlib import Path

from server.settings import Settings, environment_name
from tenancy.errors import all_errors

DOCS = Path(__file__).parents[2] / "docs"


def errors_page() -> str:
    """docs/errors.md."""
    lines = [
        "# Errors", "",
        "Every error is `application/problem+json` with one of these codes. `hint` in the answer is often more exact than",
        "here. Made from the code; `make docs` writes it.", "",
        "| status | code | title | what to do |", "| --- | --- | --- | --- |",
    ]  # fmt: skip
    for error in all_errors():
        lines.append(f'| {error.status} | <a id="{error.code}"></a>`{error.code}` | {error.title} | {error.hint} |')
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """docs/settings.md."""
    lines = [
        "# Settings", "",
        "Read from the command line, the environment and a TOML file (`backpack.toml` in the current folder, or the one that",
        "`BACKPACK_CONFIG` names), in this order of strength. An unknown name is an error that says the nearest known one.",
        "`backpack config` shows the values in force. Made from the code; `make docs` writes it.", "",
        "| file | environment | flag | default | meaning |", "| --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    for name, field in Settings.model_fields.items():
        default = "" if field.default in {None, ""} else f"`{field.default}`"
        flag = f"--{name.replace('_', '-')}"
        lines.append(f"| `{name}` | `{environment_name(name)}` | `{flag}` | {default} | {field.description} |")
    lines += [
        "", "The commands that talk to a server read `BACKPACK_URL` (its admin listener, default `http://127.0.0.1:8001`) and",
        "`BACKPACK_TOKEN` (else what `backpack login` has saved).",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


PAGES = {"errors.md": errors_page, "settings.md": settings_page}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page())
