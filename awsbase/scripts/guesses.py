"""What works instead of a command, an option or an argument that awsbase does not have."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

APPLY = "`awsbase reconcile MANIFEST` shows the plan, asks, and applies it"
PLAN = "`awsbase plan MANIFEST` shows what would change, and only reads"
SESSION = "`awsbase mfa refresh` gets a session with a code"
DELETE = "`awsbase destroy MANIFEST` deletes what awsbase made for it"
SANDBOX = "`awsbase sandbox -- COMMAND` runs a command against an embedded AWS"
# What people type who know other tools, and what does it here.
COMMANDS: Mapping[str, str] = {
    **dict.fromkeys(("apply", "up", "deploy", "run", "sync", "converge", "update", "fix", "install"), APPLY),
    **dict.fromkeys(("diff", "preview", "drift", "status", "check", "dry-run", "refresh", "audit"), PLAN),
    **dict.fromkeys(("down", "delete", "remove", "uninstall", "rm", "clean"), DELETE),
    **dict.fromkeys(("lint", "verify"), "`awsbase validate MANIFEST` checks a manifest without calling AWS"),
    "import": "`awsbase adopt` writes a manifest that describes what exists",
    **dict.fromkeys(("login", "auth", "sso", "session", "token", "otp", "assume", "assume-role"), SESSION),
    **dict.fromkeys(("new", "create", "generate", "start"), "`awsbase init` writes a manifest"),
    **dict.fromkeys(("list", "show", "tree"), "`awsbase graph MANIFEST` lists what a manifest makes"),
    **dict.fromkeys(("configure", "profile", "config"), "`aws configure --profile NAME` writes a key into a profile"),
    **dict.fromkeys(("password", "pwd"), "`awsbase passwd` changes your password"),
    **dict.fromkeys(("shell", "env"), "`awsbase exec -- COMMAND` runs a command with a session"),
    **dict.fromkeys(("local", "localstack", "moto", "test", "demo", "mock"), SANDBOX),
    "rotate": "`awsbase keys rotate` replaces your access key",
    "console": "`awsbase mfa refresh --console` opens the console",
    "man": "`awsbase help COMMAND` explains a command",
}
# The same within a group of commands.
WITHIN: Mapping[str, Mapping[str, str]] = {
    "mfa": {
        **dict.fromkeys(("add", "enable", "enrol", "enroll", "setup", "register", "new"), "create"),
        **dict.fromkeys(("delete", "disable", "rm"), "remove"),
        **dict.fromkeys(("login", "session", "token", "get", "auth"), "refresh"),
        **dict.fromkeys(("ls", "devices", "status"), "list"),
        "sync": "resync",
    },
    "keys": {**dict.fromkeys(("create", "new", "renew"), "rotate"), **dict.fromkeys(("ls", "show", "status"), "list")},
    "bastion": {
        **dict.fromkeys(("start", "create"), "up"),
        **dict.fromkeys(("stop", "delete", "destroy", "terminate"), "down"),
        **dict.fromkeys(("ssh", "shell", "tunnel", "login"), "connect"),
    },
    "state": dict.fromkeys(("init", "config", "show"), "backend"),
    "secret": dict.fromkeys(("set", "write", "create", "update", "add"), "put"),
    "mail": dict.fromkeys(("renew", "replace", "password", "smtp"), "rotate"),
}
UNASKED = ("--auto-approve", "--assume-yes", "--no-input", "--non-interactive")
YES, RISKY = "--yes answers the question", "--allow-risky approves risky changes"
# What other tools call an option: what does it here, beginning with the option that a command must have for it.
OPTIONS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(UNASKED, (YES,)),
    **dict.fromkeys(("--force", "-f"), (YES, RISKY)),
    **dict.fromkeys(("--target", "--include", "--section"), ("--only ADDRESS|SECTION limits a run",)),
    **dict.fromkeys(("--out", "--save"), ("--output FILE writes the plan to a file",)),
    **dict.fromkeys(("--format", "--output", "-o"), ("--json prints one JSON document",)),
}
# Those that have another answer, whatever the command has.
ELSEWHERE: Mapping[str, str] = {
    **dict.fromkeys(UNASKED, "`awsbase reconcile MANIFEST --yes` applies a plan without a question"),
    **dict.fromkeys(("--dry-run", "--dryrun", "--check", "--noop", "--what-if", "--preview", "--diff", "-n"), PLAN),
    **dict.fromkeys(("--account", "--account-id"), "the manifest names the account, and --profile the credentials"),
    **dict.fromkeys(("--mfa", "--token", "--token-code", "--otp", "--mfa-code"), SESSION),
    **dict.fromkeys(("--role-arn", "--assume-role", "--role"), "--profile names a profile that assumes the role"),
    **dict.fromkeys(("--version", "-V"), "`awsbase --version` shows the version"),
    **dict.fromkeys(("--no-color", "--no-colour", "--color"), "NO_COLOR=1 in the environment turns colours off"),
    "--sandbox": "`awsbase sandbox -- awsbase …` runs a command against an embedded AWS",
}
MANIFEST_OPTIONS = ("--file", "--manifest", "--config", "-f", "-c", "--config-file", "--var-file")
MANIFEST = re.compile(r"^version:.*^account:|^account:.*^version:", re.MULTILINE | re.DOTALL)
YAML = (".yaml", ".yml")
LARGEST = 1024 * 1024


def advice(error: click.UsageError, arguments: Sequence[str]) -> tuple[str, str] | None:
    """Return what is wrong with a command line, and what works instead; None where click's own words are enough."""
    ctx = error.ctx
    if ctx is None:
        return None
    if isinstance(error, click.NoSuchOption):
        name = full(error.option_name, arguments)
        if place := misplaced(ctx, name, arguments):
            return "options come after the command", place
        what, hint = option(ctx, name, error.possibilities or ())
        return what, with_manifest(hint, arguments)
    missing = isinstance(error, click.MissingParameter) and error.param is not None and error.param.name == "manifest"
    if missing:
        found = list(manifests(Path()))
        file = shlex.quote(found[0]) if len(found) == 1 else "MANIFEST"
        hint = f"write `{ctx.command_path} {file}`"
        return f"{named(ctx)} needs a manifest", hint if found else f"{hint}; `awsbase init` writes a manifest"
    if error.message.startswith("Got unexpected extra argument") and takes_manifest(ctx):
        return f"{named(ctx)} takes one manifest", "run it once for each"
    if isinstance(ctx.command, click.Group) and (word := re.match(r"No such command '(.*?)'", error.message)):
        return within(ctx, ctx.command, word[1])
    return None


def unknown_command(word: str, names: Sequence[str], rest: Sequence[str]) -> tuple[str, str]:
    """Return what is wrong with an unknown command, and what works instead."""
    if Path(word).suffix in YAML or Path(word).is_file():
        file = shlex.quote(word)
        what = f"{word} is a manifest, and the command comes first" if Path(word).is_file() else f"no command {word!r}"
        return what, f"`awsbase plan {file}` shows what would change, `awsbase reconcile {file}` applies it"
    if word in COMMANDS:
        return f"no command {word!r}", with_manifest(COMMANDS[word], rest)
    near = difflib.get_close_matches(word, names, n=1)
    return f"no command {word!r}", f"did you mean `awsbase {near[0]}`?" if near else "`awsbase help` lists all"


def within(ctx: click.Context, group: click.Group, word: str) -> tuple[str, str]:
    """Return what works instead of a command that a group does not have."""
    names = group.list_commands(ctx)
    other = WITHIN.get(group.name or "", {}).get(word)
    near = [other] if other in names else difflib.get_close_matches(word, names, n=1)
    hint = f"did you mean `{ctx.command_path} {near[0]}`?" if near else f"there are {', '.join(names)}"
    return f"{named(ctx)} has no command {word!r}", hint


def option(ctx: click.Context, name: str, near: Sequence[str]) -> tuple[str, str]:
    """Return what works instead of an option that a command does not have."""
    what = f"{named(ctx)} has no option {name}"
    there = {each for parameter in ctx.command.params for each in parameter.opts}
    if fitting := [each for each in OPTIONS.get(name, ()) if each.split()[0] in there]:
        return what, ", and ".join(fitting)
    if name in MANIFEST_OPTIONS and takes_manifest(ctx):
        return what, f"write the manifest without one: `{ctx.command_path} MANIFEST`"
    if name in ELSEWHERE:
        return what, ELSEWHERE[name]
    return what, f"did you mean {near[0]}?" if near else f"`{ctx.command_path} --help` lists them"


def misplaced(ctx: click.Context, name: str, arguments: Sequence[str]) -> str | None:
    """Return where an option belongs that stands before its command; None for an option that it does not have."""
    command, path = ctx.command, ctx.command_path
    for word in arguments:
        if isinstance(command, click.Group) and word in command.list_commands(ctx):
            found = command.get_command(ctx, word)
            command, path = found or command, f"{path} {word}"
    there = {each for parameter in command.params for each in parameter.opts}
    return f"write `{path} {name} …`" if command is not ctx.command and name in there else None


def takes_manifest(ctx: click.Context) -> bool:
    """Tell whether a command takes a manifest."""
    return any(each.name == "manifest" for each in ctx.command.params)


def named(ctx: click.Context) -> str:
    """Return a command by its own name: every message begins with that of the program."""
    return ctx.command_path.removeprefix(f"{ctx.find_root().info_name} ")


def with_manifest(text: str, arguments: Sequence[str]) -> str:
    """Return a text whose commands name the manifest that was on the command line."""
    named = [shlex.quote(each) for each in arguments if Path(each).suffix in YAML]
    return text.replace("MANIFEST", named[0]) if named else text


def full(name: str, arguments: Sequence[str]) -> str:
    """Return an option as it was written: after one dash click takes the first letter alone."""
    for argument in arguments:
        word = argument.partition("=")[0]
        if not name.startswith("--") and word.startswith(name) and f"-{word}" in {*OPTIONS, *ELSEWHERE}:
            return f"-{word}"
    return name


def manifests(folder: Path) -> Iterator[str]:
    """Yield the names of the files in a folder that look like manifests."""
    for file in sorted((*folder.glob("*.yaml"), *folder.glob("*.yml"))):
        try:
            if file.is_file() and file.stat().st_size < LARGEST and MANIFEST.search(file.read_text(errors="replace")):
                yield file.name
        except OSError:
            continue
