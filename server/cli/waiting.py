"""Operations that a command begins: how they go on is shown until they end, unless --no-wait is given."""

from typing import Any, Final

import click

from server.cli.client import Client, CommandError
from server.cli.output import print_json, progress
from server.cli.words import hint_of, in_words, told

INTERRUPTED: Final = 130
"""The exit code of what Ctrl-C has ended: 128 and the number of the signal."""
_NO_WAIT: Final = "server.cli.no_wait"
_CANCELLED: Final = {"detail": "The operation was cancelled; what it did was taken back."}


def _keep(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    context.meta[_NO_WAIT] = value


no_wait = click.option(
    "--no-wait", is_flag=True, expose_value=False, callback=_keep,
    help="Print the operation's id, and do not wait for its end.",
)  # fmt: skip
"""The option of every command that begins an operation; `begin` looks after it."""


def begin(client: Client, method: str, path: str, *, then: str = "", **options: Any) -> Any:
    """Begin an operation, show how it goes on, and give it when it is done. With --no-wait the command ends here.

    `then`: what is left to do when nobody waits.

    Raises:
        CommandError: it is refused, fails, or was cancelled.
    """
    begun = client.call(method, path, **options)
    context = click.get_current_context()
    if not context.meta.get(_NO_WAIT):
        click.echo(f"Operation {begun['id']}", err=True)
        return follow(client, begun["id"])
    if context.params.get("as_json"):
        print_json(begun)
    else:
        click.echo(begun["id"])
        click.echo(f"It goes on. See how with: backpack operation show {begun['id']} --follow", err=True)
        if then:
            click.echo(then, err=True)
    raise click.exceptions.Exit(0)


def follow(client: Client, id: str) -> Any:
    """Show how an operation goes on, and give it when it is done.

    Raises:
        CommandError: it fails, or was cancelled.
        click.exceptions.Exit: somebody has pressed Ctrl-C.
    """
    try:
        ended = _followed(client, id)
    except KeyboardInterrupt:
        click.echo(f"\nThe operation goes on. See it with: backpack operation show {id} --follow", err=True)
        click.echo(f"End it with: backpack operation cancel {id}", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None
    if ended["status"] != "done":
        problem = ended["error"] or _CANCELLED
        raise CommandError(told(problem), hint_of(problem))
    return ended


def _followed(client: Client, id: str) -> Any:
    said = 0
    with progress() as bar:
        task = bar.add_task("", total=100)
        while True:
            now = client.call("GET", f"/v1/operations/{id}", headers={"prefer": "wait=1"})
            for number, _, text in now["lines"]:
                if number > said and not says_failure(now, text):
                    bar.console.print(in_words(text), highlight=False, markup=False, soft_wrap=True)
                said = max(said, number)
            bar.update(task, completed=now["percent"], description=now["step"] or now["kind"])
            if now["endedAt"]:
                return now


def says_failure(operation: Any, line: str) -> bool:
    """Whether a line of output says only why the operation failed, which is told at its end."""
    return bool(operation["error"]) and line.endswith(f" failed: {operation['error']['detail']}")
