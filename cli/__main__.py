"""The `kujibiki` command: each group of commands is a module beside this one, registered below."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  # said before an import fails on syntax
    sys.exit(f"Kujibiki needs Python 3.11 or later, not {sys.version.split()[0]}. Install it.")

import typer

from cli import archive, stack
from cli.audit.command import audit
from cli.demo.command import demo
from cli.replay.command import replay
from deploy.local.errors import StackError

app = typer.Typer(
    name="kujibiki",
    help="Kujibiki (くじびき): admission to public events by application and lottery.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # locals can hold passwords
)

app.command()(stack.setup)
app.command()(stack.up)
app.command()(stack.down)
app.command()(stack.status)
app.command()(stack.logs)
app.command()(stack.provision)
app.command()(demo)
app.command()(replay)
app.add_typer(archive.commands)
app.add_typer(audit)


def main() -> None:
    """Run one command; what stands in its way is said in a paragraph, not in a traceback."""
    try:
        app()
    except StackError as problem:
        print(f"kujibiki: {problem}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
