"""The command `backpack`."""

import click

from server.cli.admin import admin, login, logout
from server.cli.archive import pull, push, template
from server.cli.copies import COMMANDS as COPIES
from server.cli.definitions import definitions
from server.cli.deploy import deploy
from server.cli.doctor import doctor
from server.cli.key import key
from server.cli.life import COMMANDS as LIFE
from server.cli.operation import operation
from server.cli.plan import plan
from server.cli.rules import rules
from server.cli.serve import config, serve
from server.cli.snapshots import COMMANDS as SNAPSHOTS
from server.cli.tenant import tenant


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="backpack")
def main() -> None:
    """Small backends for frontends: each under a subdomain of its own.

    All commands but serve and config talk to a running server: BACKPACK_URL is its admin listener, BACKPACK_TOKEN a
    token (or sign in with: backpack login EMAIL). Exit codes: 0 done, 1 refused or failed, 2 wrong usage,
    130 ended by Ctrl-C.
    """


for command in (
    serve, config, admin, login, logout, tenant, operation, key, rules, plan, deploy, pull, push, template,
    definitions, doctor,
):  # fmt: skip
    main.add_command(command)
for command in (*LIFE, *COPIES, *SNAPSHOTS):
    tenant.add_command(command)
