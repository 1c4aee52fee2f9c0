"""Tables, and what the server says in the command's words."""

import sys

import pytest

from server.cli.output import print_table
from server.cli.words import hint_of, in_words, told

ID = "6b07eab86cd0e5069e0c66a2"
TAKEN = "2026-11-26T08:15:51.821Z"
URL = "http://a-tenant-with-a-very-long-name.backends.example.com:8000"
NOTE = "what it was " * 12
TITLES = ["ID", "TAKEN", "URL", "DAMAGED", "NOTE"]


def test_in_a_pipe_nothing_is_cut_or_broken(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(TITLES, [[ID, TAKEN, URL, "", NOTE.strip()]] * 2, texts=["NOTE"], rare=["DAMAGED"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:] == [f"{ID}  {TAKEN}  {URL}  {NOTE.strip()}"] * 2
    assert "DAMAGED" not in lines[0]


@pytest.mark.parametrize("columns", [40, 80, 150, 400])
def test_on_a_terminal_texts_alone_are_broken(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(columns))
    print_table(TITLES, [[ID, TAKEN, URL, "yes", NOTE], [ID, TAKEN, "", "", "[bold]"]], texts=["NOTE"])
    lines = capsys.readouterr().out.splitlines()
    assert (len(lines) == 3) is (columns == 400)
    assert f"{ID}  {TAKEN}  {URL}  yes" in lines[1]
    assert " ".join(" ".join(lines[1:-1]).split()).count("what it was") == 12
    assert lines[-1].endswith("[bold]")


@pytest.mark.parametrize(
    ("said", "ours"),
    [
        ("It is under way: /v1/operations/6b07", "It is under way: backpack operation show 6b07"),
        ("GET /v1/tenants?deleted=1 shows those.", "backpack tenant list --deleted shows those."),
        (
            "Or send keep for those that a schema rejects.",
            "Or let those stay with --keep-existing that a schema rejects.",
        ),
        ("With existing=keep those stay.", "With --keep-existing those stay."),
        ("Sign in with POST /v1/sessions.", "Sign in with: backpack login EMAIL."),
        ("Check the name.", "Check the name."),
    ],
)
def test_the_server_speaks_of_requests_and_the_command_of_commands(said: str, ours: str) -> None:
    assert in_words(said) == ours


def test_a_problem_is_told_with_its_places() -> None:
    problem = {"detail": "No.", "hint": "GET /v1/tenants?deleted=1", "errors": [{"path": "/as", "message": "is taken"}]}
    assert (told(problem), hint_of(problem)) == ("No.\n  /as is taken", "backpack tenant list --deleted")
