"""The `equipoise` command and how its errors end: one sentence, an exit code, no patient values."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from equipoise.version import DISCLAIMER, VERSION

DONE, REFUSED, WRONG_INPUT, MISSING_EXTRA, FAULT = 0, 1, 2, 3, 70

COMMANDS: Mapping[str, tuple[str, str]] = {
    "demo": ("equipoise.cli.assessing", "demo"),
    "assess": ("equipoise.cli.assessing", "assess"),
    "grade": ("equipoise.cli.grading", "grade"),
    "plan": ("equipoise.cli.planning", "plan"),
    "policy": ("equipoise.cli.proposing", "policy"),
    "fit": ("equipoise.cli.fitting", "fit"),
    "simulate": ("equipoise.cli.simulating", "simulate"),
    "replay": ("equipoise.cli.replaying", "replay"),
    "commission": ("equipoise.cli.commissioning", "commission"),
    "formulary": ("equipoise.cli.approving", "formulary"),
    "evidence": ("equipoise.cli.evidence", "evidence"),
    "import": ("equipoise.cli.importing", "import_"),
    "validate": ("equipoise.cli.validating", "validate"),
    "models": ("equipoise.cli.shelf", "models"),
    "targets": ("equipoise.cli.shelf", "targets"),
    "criteria": ("equipoise.cli.shelf", "criteria"),
    "guidance": ("equipoise.cli.shelf", "guidance"),
    "interactions": ("equipoise.cli.shelf", "interactions"),
}
"""Every command and where it stands; modules are imported when the command is called."""

SUMMARIES: Mapping[str, str] = {
    "demo": "The main job on bundled patients.",
    "assess": "One patient at one moment: decisions, exposures, grades, options, advice.",
    "grade": "Toxicity criteria over a record, as intervals where data lack.",
    "plan": "Candidate courses with their odds, and the next best sample.",
    "policy": "The doses that a dosing strategy wants for one patient.",
    "fit": "Individual estimates for one or many subjects.",
    "simulate": "Concentration profiles of a model for dose lines.",
    "replay": "Each level forecast from what was known before it, and how that fared.",
    "commission": "A center's last courses through each candidate model, against limits.",
    "formulary": "What a site has approved, each thing in one version.",
    "evidence": "Studies put together where they may be, and a table where they may not.",
    "import": "A NONMEM control stream as a model that every command accepts.",
    "validate": "What of a record is accepted, converted, refused, and why.",
    "models": "Population models on the shelf.",
    "targets": "Target windows on the shelf.",
    "criteria": "Toxicity criteria on the shelf.",
    "guidance": "Recommendations on the shelf.",
    "interactions": "Partners that change clearance, on the shelf.",
}


_OWN_PROCESS = False
"""Whether nothing but the command line runs here, and wants nothing else of the compiler."""


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""What an output meets that has no room: nothing is wrong with the program."""


class _Commands(click.Group):
    """Commands imported on demand, so that `--help` answers at once."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        command = getattr(import_module(module), name)
        kernels = sys.modules.get("equipoise.kinetics.kernels")
        if _OWN_PROCESS and kernels is not None:
            kernels.algebra = False  # type: ignore[attr-defined]
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, SUMMARIES[name]) for name in COMMANDS])


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=f"Example: equipoise demo --out out/demo.  {DISCLAIMER}",
)
@click.version_option(VERSION, prog_name="equipoise")
def commands() -> None:
    """Immune balance after transplantation and CAR-T: a timeline in, an assessment out.

    Each command has an example in its own --help, and --json for programs.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with the contract's codes."""
    global _OWN_PROCESS
    _OWN_PROCESS = True
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run the command line; gives the exit code instead of leaving."""
    # Nothing asked for is answered with what can be asked for.
    arguments = arguments or ["--help"]
    try:
        found: Any = commands.main(args=arguments, prog_name="equipoise", standalone_mode=False)
    except click.exceptions.Exit as left:
        return left.exit_code
    except click.Abort:
        _say("stopped")
        return 130
    except click.ClickException as error:
        _say(_one_line(error.format_message()) + _where(error))
        return WRONG_INPUT
    except BrokenPipeError:
        # The reader has gone (`| head`): nothing is wrong, and nothing more can be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        return _failed(error)
    return found if isinstance(found, int) else DONE


def _failed(error: Exception) -> int:
    from equipoise.cli.errors import is_input_error, is_missing_extra

    if is_missing_extra(error):
        _say(_one_line(str(error)))
        return MISSING_EXTRA
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        _say(f"the output cannot be written: {error.strerror}; make room or choose another place")
        return WRONG_INPUT
    if is_input_error(error):
        _say(_one_line(str(error)))
        return WRONG_INPUT
    if os.environ.get("EQUIPOISE_DEBUG"):
        raise error
    # The message of an unforeseen error may hold values of the record: only its kind is printed.
    place = ""
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if "equipoise" in file:
            place = f" in {os.path.basename(file)}, line {trace.tb_lineno}"
        trace = trace.tb_next
    _say(
        f"a fault of equipoise, not of the input ({type(error).__name__}{place}); please report it "
        "with the version (equipoise --version); EQUIPOISE_DEBUG=1 shows the details, which may "
        "hold patient values"
    )
    return FAULT


def _say(text: str) -> None:
    click.echo(f"equipoise: {text}", err=True)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _where(error: click.ClickException) -> str:
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return f" ({error.ctx.command_path} --help shows an example)"
    return ""
