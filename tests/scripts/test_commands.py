"""The commands: arguments in, text or JSON and an exit code out."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from awsbase import __version__
from awsbase.scripts import COMMANDS, cli, unforeseen
from awsbase.scripts.bootstrap import administrator_of
from awsbase.scripts.loaded import read
from awsbase.scripts.options import Options
from tests.scripts.conftest import ACCOUNT, EMPTY, FULL, written


@pytest.fixture(autouse=True)
def _no_configuration(monkeypatch: pytest.MonkeyPatch, nobody: dict[str, str]) -> None:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "AWS_EC2_METADATA_DISABLED"):
        monkeypatch.setenv(name, nobody[name])
    # --sandbox sets these for its process.
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, f"{nobody['HOME']}/.aws/{'config' if 'CONFIG' in name else 'credentials'}")


def awsbase(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def changes(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["address"], change["what"]) for each in document["resources"] for change in each["changes"]]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help_text(name: str) -> None:
    shown = awsbase(name, "--help")
    assert shown.exit_code == 0
    assert shown.stdout.startswith("Usage: ")


def test_help_lists_every_command_with_its_line() -> None:
    shown = awsbase("--help").stdout
    for name, (_, line) in COMMANDS.items():
        assert name in shown
        assert line in " ".join(shown.split())


def groups(command: click.Command, *names: str) -> Iterator[tuple[str, ...]]:
    """Yield how each group of commands is called, the one at the top included."""
    if isinstance(command, click.Group):
        yield names
        context = click.Context(command)
        for name in command.list_commands(context):
            if (below := command.get_command(context, name)) is not None:
                yield from groups(below, *names, name)


@pytest.mark.parametrize("names", list(groups(cli)), ids=lambda names: " ".join(("awsbase", *names)))
def test_no_help_line_is_cut_at_80_columns(names: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(cli, [*names, "--help"], terminal_width=80).stdout
    _, heading, listing = shown.partition("Commands:\n")
    assert heading
    assert "..." not in listing
    assert all(len(line) <= 80 for line in listing.splitlines())


def test_version() -> None:
    assert awsbase("--version").stdout == f"awsbase {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["plna"], "no command 'plna'\n  → did you mean `awsbase plan`?"),
        (["recocnile", "x.yaml"], "did you mean `awsbase reconcile`?"),
        (["qqq"], "no command 'qqq'"),
        (["plan"], "plan needs a manifest"),
        (["completion", "tcsh"], "'tcsh' is not one of"),
    ],
)
def test_wrong_usage_gives_a_hint_and_exit_2(arguments: list[str], expected: str) -> None:
    ended = awsbase(*arguments)
    assert ended.exit_code == 2
    assert expected in ended.stderr
    assert ended.stdout == ""


def test_a_valid_manifest_is_counted(full: Path) -> None:
    ended = awsbase("validate", full)
    assert (ended.exit_code, ended.stdout.splitlines()) == (
        0,
        [f"{full}: 7 resources, fine", "  notify  4", "  alarms  3"],
    )
    assert json.loads(awsbase("validate", full, "--json").stdout) == []


@pytest.mark.parametrize("command", ["validate", "plan", "reconcile", "graph"])
def test_every_mistake_of_a_manifest_is_one_line(command: str, tmp_path: Path) -> None:
    bad = written(tmp_path / "bad.yaml", EMPTY.replace("acme,", "ACME,") + "audti: {}\n")
    ended = awsbase(command, bad, "--sandbox")
    assert ended.exit_code == 2
    lines = ended.stderr.splitlines()
    assert len(lines) == 2
    assert all(line.startswith(f"awsbase: {bad}:") for line in lines)


def many(user: Callable[[int], str]) -> str:
    """Return a manifest of ten thousand lines, of three a user."""
    return EMPTY + "iam:\n  groups: {Ops: {}}\n  users:\n" + "".join(map(user, range(3332)))


def test_a_manifest_of_ten_thousand_lines_is_counted(tmp_path: Path) -> None:
    text = many(lambda n: f"    user{n}:\n      groups: [Ops]\n      console: false\n")
    assert text.count("\n") > 10_000
    shown = awsbase("validate", written(tmp_path / "m.yaml", text))
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert re.search(r"m\.yaml: 33\d\d resources, fine\n", shown.stdout)


def test_hundreds_of_mistakes_are_all_reported_with_their_lines(tmp_path: Path) -> None:
    wrong = {0: ("Opps", "false"), 10: ("Ops", "maybe"), 20: ("Ops", "false, surplus: 1")}

    def user(n: int) -> str:
        group, console = wrong.get(n % 30, ("Ops", "false"))
        return f"    user{n}: {{\n      groups: [{group}],\n      console: {console}}}\n"

    file = written(tmp_path / "m.yaml", many(user))
    lines = file.read_text().splitlines()
    expected = [number for number, line in enumerate(lines, 1) if re.search("Opps|maybe|surplus", line)]
    assert len(expected) > 300

    shown = awsbase("validate", file)
    assert (shown.exit_code, shown.stdout) == (2, "")
    told = [re.match(r"awsbase: .*m\.yaml:(\d+): iam\.users\.user\d+\.", line) for line in shown.stderr.splitlines()]
    assert [int(each[1]) for each in told if each] == expected
    assert len(told) == len(expected)
    as_json = awsbase("validate", file, "--json")
    assert (as_json.exit_code, as_json.stderr) == (2, "")
    assert [each["line"] for each in json.loads(as_json.stdout)] == expected


def test_mistakes_as_json(tmp_path: Path) -> None:
    bad = written(tmp_path / "bad.yaml", EMPTY + "audti: {}\n")
    ended = awsbase("validate", bad, "--json")
    assert ended.exit_code == 2
    (mistake,) = json.loads(ended.stdout)
    assert (mistake["file"], mistake["line"], mistake["path"]) == (str(bad), 3, "audti")


@pytest.mark.parametrize(
    ("arguments", "expected", "code"),
    [
        (["--region", "us-east-1"], "--region us-east-1 contradicts", 2),
        (["--only", "notfy"], "did you mean 'notify'?", 2),
        (["--profile", "nobody"], "no profile called nobody in the AWS files", 2),
        ([], "no AWS credentials found", 1),
    ],
)
@pytest.mark.parametrize("command", ["plan", "reconcile"])
def test_a_run_that_cannot_start_says_why(
    command: str, arguments: list[str], expected: str, code: int, full: Path
) -> None:
    ended = awsbase(command, full, *arguments)
    assert (ended.exit_code, ended.stdout) == (code, "")
    assert expected in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["plan", "FULL"], "name a profile with --profile, set AWS_PROFILE, or try it first with --sandbox"),
        (["whoami"], "name a profile with --profile, or set AWS_PROFILE"),
    ],
)
def test_without_credentials_only_options_of_the_command_are_named(arguments: list[str], hint: str, full: Path) -> None:
    ended = awsbase(*(full if word == "FULL" else word for word in arguments))
    assert (ended.exit_code, ended.stderr) == (1, f"awsbase: no AWS credentials found\n  → {hint}\n")


@pytest.mark.parametrize(
    ("name", "config", "expected"),
    [
        ("acme-prd", "[profile acme-prod]\n[profile zoo]\n[profile able]\n", "there are acme-prod, able, zoo"),
        ("x", "[default]\nregion = eu-west-1\n", "there is default"),
        ("x", "no ini file", "config:1: there is text before the first [section]"),
        ("half", "[profile half]\naws_access_key_id = AKIA\n", "the AWS configuration cannot be used: Partial"),
    ],
)
def test_a_broken_configuration_is_reported_in_one_line(
    name: str, config: str, expected: str, empty: Path, tmp_path: Path
) -> None:
    (tmp_path / ".aws").mkdir()
    written(tmp_path / ".aws" / "config", config)
    ended = awsbase("plan", empty, "--profile", name)
    assert expected in ended.stderr
    assert ended.exit_code in (1, 2)
    assert len(ended.stderr.splitlines()) == 2


@pytest.mark.parametrize(
    ("manifest", "arguments", "code"),
    [
        (EMPTY, [], 0),
        (EMPTY, ["--detailed-exitcode"], 0),
        (FULL, [], 0),
        (FULL, ["--detailed-exitcode"], 2),
        (FULL, ["--detailed-exitcode", "--only", "nothing"], 1),
        (FULL, ["--only", "nothing"], 2),
        ("not: [a manifest", [], 2),
        ("not: [a manifest", ["--detailed-exitcode"], 1),
    ],
)
def test_the_exit_code_of_a_plan(manifest: str, arguments: list[str], code: int, tmp_path: Path) -> None:
    file = written(tmp_path / "a.yaml", manifest)
    assert awsbase("plan", file, "--sandbox", *arguments).exit_code == code


def test_a_plan_makes_no_write_and_lists_the_changes(full: Path) -> None:
    document = json.loads(awsbase("plan", full, "--sandbox", "--json").stdout)
    assert (document["mode"], document["account"], document["sandbox"]) == ("plan", ACCOUNT, True)
    assert document["calls"]["write"] == 0
    assert document["totals"]["planned"] == 7
    assert ("key/acme-notify-security", "key") in changes(document)


def test_full_shows_the_tree_and_verbose_what_is_unchanged_too(full: Path) -> None:
    assert "--full shows each change" in awsbase("plan", full, "--sandbox").stdout
    whole = awsbase("plan", full, "--sandbox", "--full").stdout
    assert "  + key/acme-notify-security\n      + alias alias/acme-notify-security\n" in whole
    assert "      1. " in whole
    assert "--full" not in whole
    assert " nothing → " in awsbase("plan", full, "--sandbox", "-v").stdout
    assert " nothing → " not in whole


def test_quiet_shows_nothing_when_all_is_well(full: Path) -> None:
    for command in ("plan", "reconcile"):
        ended = awsbase(command, full, "--sandbox", "--quiet")
        assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "", "")
    refused = awsbase("plan", full, "--sandbox", "-q", "--full")
    assert (refused.exit_code, "--quiet shows less" in refused.stderr) == (2, True)


def test_only_includes_dependencies(full: Path) -> None:
    document = json.loads(awsbase("plan", full, "--sandbox", "--json", "--only", "topic/acme-security").stdout)
    assert [each["address"] for each in document["resources"]] == ["key/acme-notify-security", "topic/acme-security"]


def test_reconcile_in_the_sandbox_makes_an_empty_second_plan(full: Path) -> None:
    ended = awsbase("reconcile", full, "--sandbox")
    assert ended.exit_code == 0
    last = ended.stdout.splitlines()[-1]
    assert last.startswith("second plan: nothing to do, ")
    assert "no write" in last
    assert "created key/acme-notify-security key" in ended.stderr.splitlines()

    document = json.loads(awsbase("reconcile", full, "--sandbox", "--json").stdout)
    assert document["totals"]["changed"] == 7
    assert changes(document["second"]) == []
    assert document["second"]["calls"]["write"] == 0


def test_manual_actions_change_the_exit_code_only_with_strict(full: Path, empty: Path) -> None:
    assert awsbase("reconcile", full, "--sandbox", "--strict").exit_code == 3
    assert awsbase("reconcile", full, "--sandbox").exit_code == 0
    assert awsbase("reconcile", empty, "--sandbox", "--strict").exit_code == 0


def test_nothing_to_do_is_reported(empty: Path) -> None:
    assert "nothing to do" in awsbase("reconcile", empty, "--sandbox").stdout.splitlines()


def planned(full: Path, tmp_path: Path) -> Path:
    file = tmp_path / "plan.json"
    assert awsbase("plan", full, "--sandbox", "-o", file).exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    return file


def test_an_approved_plan_is_applied(full: Path, tmp_path: Path) -> None:
    ended = awsbase("reconcile", full, "--sandbox", "--approved", planned(full, tmp_path), "--json")
    assert ended.exit_code == 0
    assert json.loads(ended.stdout)["totals"]["changed"] == 7


def test_a_change_outside_the_approved_plan_fails_its_resource(full: Path, tmp_path: Path) -> None:
    file = planned(full, tmp_path)
    held = json.loads(file.read_text())
    for resource in held["resources"]:
        resource["changes"] = [
            change for change in resource["changes"] if change["what"] != "alias alias/acme-notify-security"
        ]
    file.write_text(json.dumps(held))
    ended = awsbase("reconcile", full, "--sandbox", "--approved", file, "--json")
    assert ended.exit_code == 1
    statuses = {each["address"]: each["status"] for each in json.loads(ended.stdout)["resources"]}
    assert statuses["key/acme-notify-security"] == "failed"
    assert statuses["topic/acme-security"] == "blocked"
    assert statuses["topic/acme-billing@us-east-1"] == "changed"


@pytest.mark.parametrize(
    ("change", "expected", "code"),
    [
        ({"account": "999999999999"}, "is for account 999999999999", 1),
        ({"region": "eu-west-3"}, "is for eu-west-3, not eu-west-1", 1),
        ({"awsbase": "0.0.1"}, "was made by awsbase 0.0.1", 1),
        ({"fingerprint": "0" * 64}, "was made from another manifest", 1),
        ({"sandbox": False}, "was made for the account", 1),
        ({"mode": "reconcile"}, "is no plan", 2),
        ({"resources": 3}, "is no complete plan", 2),
    ],
)
def test_a_plan_for_something_else_is_refused(
    change: dict[str, Any], expected: str, code: int, full: Path, tmp_path: Path
) -> None:
    file = planned(full, tmp_path)
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    ended = awsbase("reconcile", full, "--sandbox", "--approved", file)
    assert ended.exit_code == code
    assert expected in ended.stderr


def test_a_manifest_changed_after_the_plan_is_not_approved(full: Path, tmp_path: Path) -> None:
    file = planned(full, tmp_path)
    full.write_text(FULL.replace("200", "300"))
    ended = awsbase("reconcile", full, "--sandbox", "--approved", file)
    assert ended.exit_code == 1
    assert "another manifest" in ended.stderr


def test_a_plan_is_written_as_a_comment_beside_the_other_outputs(full: Path, tmp_path: Path) -> None:
    plan, comment = tmp_path / "plan.json", tmp_path / "plan.md"
    ended = awsbase("plan", full, "--sandbox", "-o", plan, "--markdown", comment)
    assert ended.exit_code == 0
    assert ended.stdout.startswith(f"account {ACCOUNT} (acme)")
    assert json.loads(plan.read_text())["totals"]["planned"] == 7
    assert comment.read_text().startswith(f"<!-- awsbase: acme {ACCOUNT} -->\n### Plan for `acme`")


def test_a_comment_on_stdout_is_alone(full: Path) -> None:
    ended = awsbase("plan", full, "--sandbox", "--markdown", "-")
    assert ended.stdout.startswith(f"<!-- awsbase: acme {ACCOUNT} -->\n")
    assert ended.stdout.endswith("</details>\n")


def test_a_comment_says_why_there_is_no_plan(full: Path, tmp_path: Path) -> None:
    comment = tmp_path / "plan.md"
    ended = awsbase("plan", full, "--markdown", comment)
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert comment.read_text().splitlines()[0] == f"<!-- awsbase: acme {ACCOUNT} -->"
    assert "- no AWS credentials found\n" in comment.read_text()


@pytest.mark.parametrize("other", [["--json"], ["-o", "-"]])
def test_stdout_takes_one_document(other: list[str], full: Path) -> None:
    ended = awsbase("plan", full, "--sandbox", "--markdown", "/dev/stdout", *other)
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "either JSON or Markdown" in ended.stderr


@pytest.mark.parametrize("limit", ["999", "65537"])
def test_a_comment_has_a_length_that_github_takes(limit: str, full: Path) -> None:
    ended = awsbase("plan", full, "--sandbox", "--markdown", "-", "--limit", limit)
    assert ended.exit_code == 2


def test_an_unwritable_plan_path_is_refused_before_planning(full: Path, tmp_path: Path) -> None:
    ended = awsbase("plan", full, "--sandbox", "-o", tmp_path / "none" / "plan.json")
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "there is no directory" in ended.stderr
    ended = awsbase("plan", full, "--sandbox", "-o", tmp_path)
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "it is a directory" in ended.stderr
    ended = awsbase("plan", full, "--sandbox", "--markdown", tmp_path)
    assert (ended.exit_code, ended.stdout) == (2, "")


def test_a_plan_is_written_to_files_and_devices_stay(full: Path) -> None:
    ended = awsbase("plan", full, "--sandbox", "-o", "/dev/null")
    assert ended.exit_code == 0
    assert "plan written" not in ended.stderr
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    assert json.loads(awsbase("plan", full, "--sandbox", "-o", "/dev/stdout").stdout)["mode"] == "plan"


@pytest.mark.parametrize("name", ["fifo", "/dev/zero"])
def test_an_approved_plan_must_be_a_file(name: str, full: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    ended = awsbase("reconcile", full, "--sandbox", "--approved", tmp_path / name)
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert f"{tmp_path / name} is no plan: not a regular file\n  → write one with" in ended.stderr


def test_a_plan_can_be_written_to_stdout(full: Path) -> None:
    assert json.loads(awsbase("plan", full, "--sandbox", "-o", "-").stdout)["mode"] == "plan"


@pytest.mark.parametrize(
    ("arguments", "marked"),
    [
        ([], 5),
        (["--id", "111122223333", "--name", "zoo", "--administrator", "kim"], 2),
        (["--id", "011122223333", "--name", "zoo", "--region", "cn-north-1", "--email", "cfo@zoo.example"], 1),
        (["--region", "us-gov-west-1", "--phone", "+1 555 0100"], 7),
        (["--no-protect", "--bucket", "zoo-terraform"], 5),
    ],
)
def test_init_writes_a_valid_manifest(arguments: list[str], marked: int, tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    ended = awsbase("init", file, *arguments)
    assert ended.exit_code == 0, ended.stderr
    assert file.read_text().count("# CHANGE") == marked
    assert awsbase("validate", file).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--id", "12"], "account.id: "),
        (["--email", 'a"b'], "notify.billing.email[0]: "),
        (["--name", "A: b # c"], "account.name: "),
        (["--administrator", "kim b"], 'iam.users."kim b": '),
        (["--bucket", "Zoo"], "state.bucket: "),
        (["--phone", "none"], "contacts.security.phone: "),
    ],
)
def test_init_refuses_invalid_values(arguments: list[str], expected: str, tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    ended = awsbase("init", file, *arguments)
    assert ended.exit_code == 2
    assert expected in ended.stderr
    assert not file.exists()


def test_the_command_after_init_can_be_copied(tmp_path: Path) -> None:
    file = tmp_path / "my base.yaml"
    assert f"try it: awsbase reconcile '{file}' --sandbox\n" in awsbase("init", file).stderr


def test_a_document_is_the_same_in_a_file_and_on_stdout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "new.yaml"
    monkeypatch.setenv("AWS_PROFILE", "work")
    printed = awsbase("init", "-").stdout
    awsbase("init", file)
    assert printed == file.read_text()
    assert "`awsbase state backend FILE`" in printed


def test_a_manifest_of_init_names_the_administrator_whom_bootstrap_makes(tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    awsbase("init", file, "--administrator", "kim")
    assert administrator_of(read(file, Options()), None, "acme").user == "kim"


def test_init_does_not_overwrite_a_file(full: Path) -> None:
    ended = awsbase("init", full)
    assert (ended.exit_code, full.read_text()) == (2, FULL)
    assert "exists already" in ended.stderr


def test_a_manifest_of_init_reconciles_in_the_sandbox(tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    awsbase("init", file, "--phone", "+1 555 0100", "--no-protect")  # protect takes longest; tests/road has it
    ended = awsbase("reconcile", file, "--sandbox")
    assert ended.exit_code == 0, ended.stdout
    assert "second plan: nothing to do" in ended.stdout


@pytest.mark.parametrize(
    ("manifest", "expected", "code"),
    [
        (EMPTY, "has no state section", 2),
        (EMPTY + "state: {}\n", "has no key alias/acme-state yet\n  → run `awsbase reconcile", 1),
    ],
)
def test_a_missing_state_backend_is_reported(manifest: str, expected: str, code: int, tmp_path: Path) -> None:
    ended = awsbase("state", "backend", written(tmp_path / "a.yaml", manifest), "--sandbox")
    assert (ended.exit_code, ended.stdout) == (code, "")
    assert expected in ended.stderr


def test_schema_is_json() -> None:
    assert json.loads(awsbase("schema").stdout)["title"] == "awsbase manifest"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "topic/acme-security"),
        (["--format", "mermaid"], "flowchart LR"),
        (["--format", "dot"], "digraph awsbase {"),
    ],
)
def test_graph_draws_every_style(arguments: list[str], line: str, full: Path) -> None:
    assert line in awsbase("graph", full, *arguments).stdout.splitlines()


def test_graph_as_json(full: Path) -> None:
    needs = json.loads(awsbase("graph", full, "--json").stdout)
    assert needs["topic/acme-security"] == ["key/acme-notify-security"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(shell: str) -> None:
    assert "_AWSBASE_COMPLETE" in awsbase("completion", shell).stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--account", "12"], "'12' is no account id"),
        (["--host", "192.0.2.1"], "cannot listen on 192.0.2.1 port 0"),
        (["--port", "70000"], "70000 is not in the range"),
    ],
)
def test_a_sandbox_that_cannot_be_served_says_why(arguments: list[str], expected: str) -> None:
    ended = awsbase("sandbox", *arguments)
    assert ended.exit_code == 2
    assert expected in ended.stderr


def test_an_unforeseen_error_is_one_line_with_a_hint() -> None:
    assert unforeseen(KeyError("x\ny"), debugging=False) == (
        "awsbase: unforeseen: KeyError: 'x\\ny'\n  → rerun with --debug\n"
    )


@pytest.mark.parametrize("words", [(), ("mfa",), ("mfa", "refresh"), ("plan",), ("state", "backend")])
def test_help_of_a_command_is_that_of_its_option(words: tuple[str, ...]) -> None:
    shown, expected = awsbase("help", *words), awsbase(*words, "--help")
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert shown.stdout == expected.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("plna",), "no command 'plna'\n  → did you mean `awsbase plan`?"),
        (("mfa", "nosuch"), "mfa has no command 'nosuch'"),
        (("plan", "nosuch"), " plan has no command 'nosuch'"),
    ],
)
def test_help_of_what_is_no_command_is_a_mistake(words: tuple[str, ...], expected: str) -> None:
    shown = awsbase("help", *words)
    assert shown.exit_code == 2
    assert expected in shown.stderr


def test_the_version_has_a_short_option() -> None:
    assert awsbase("-V").stdout == f"awsbase {__version__}\n"


def every_command(command: click.Command = cli) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        with click.Context(command) as context:
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None
                yield from every_command(found)


def test_yes_is_y_wherever_it_is() -> None:
    spelled = [option.opts for command in every_command() for option in command.params if "--yes" in option.opts]
    assert len(spelled) > 5
    assert [opts for opts in spelled if "-y" not in opts] == []
