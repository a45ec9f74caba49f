"""Every kind is declared as it is, and what a declaration lacks is said in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from awsbase.engine.declarations import check
from awsbase.engine.execution import execute
from awsbase.engine.kind import Kind, Undeclared
from awsbase.engine.permissions import Permissions
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.ensure import KINDS, declared, names
from awsbase.ensure.key_pair import KeyPair
from awsbase.ensure.log_group import KIND, LogGroup
from awsbase.errors import UsageError
from awsbase.kinds.__main__ import cli
from awsbase.kinds.check import check_tree
from awsbase.kinds.scaffold import Name, scaffold
from awsbase.kinds.table import insert
from awsbase.permissions import least
from awsbase.records import record
from awsbase.sandbox import Sandbox
from tests.contract.sample import HOME
from tests.contract.sample import account as of_sandbox

ROOT = Path(__file__).parent.parent
HERE = "awsbase.ensure.log_group.LogGroup"
assert KIND.about


def test_our_own_kinds_lack_nothing() -> None:
    assert check_tree(ROOT, KINDS) == []
    assert len(KINDS) == len(names())


def test_the_command_says_that_there_is_nothing_to_do() -> None:
    done = CliRunner().invoke(cli, ["check"])
    assert (done.exit_code, done.output) == (0, "nothing to do\n")


def test_only_the_kind_that_is_asked_for_is_returned() -> None:
    assert declared("log-group") is KIND
    assert KINDS[LogGroup] is KIND


def of_another_kind(run: Run, want: KeyPair) -> None:
    """Keep something else."""


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (replace(KIND, resource=KeyPair), "KIND is about KeyPair, write resource=LogGroup"),
        (
            replace(KIND, word=""),
            'KIND does not say what addresses begin with, write word="..." in small letters with hyphens',
        ),
        (
            replace(KIND, found_by=""),
            'KIND does not say how AWS\'s own is recognised, write found_by="name", "tag" or the like',
        ),
        (
            replace(KIND, owns=""),
            'KIND does not say what is corrected, write owns="...", or owns="nothing: it is only looked at"',
        ),
        (replace(KIND, ensure=of_another_kind), "of_another_kind takes KeyPair, write want: LogGroup"),
        (
            replace(KIND, permissions=None),
            "KIND has no permissions, write permissions=Permissions(read=..., write=...)",
        ),
        (
            replace(KIND, permissions=Permissions()),
            "its permissions allow to read nothing, write Permissions(read=...)",
        ),
        (replace(KIND, about=None), "KIND explains nothing, write about=About(what=..., why=..., undo=(...,))"),
        (replace(KIND, about=replace(KIND.about, why="")), "its explanation has no why, write About(why=...)"),
        (
            replace(KIND, about=replace(KIND.about, what="Logs")),
            "what it is has to be a sentence, end it with a full stop",
        ),
        (
            replace(KIND, about=replace(KIND.about, undo=())),
            "its explanation says no way back, write About(undo=(...,))",
        ),
        (
            replace(KIND, about=replace(KIND.about, controls=("ISO 1",))),
            "'ISO 1' is no control, write 'CIS 1.2' or 'FSBP IAM.3'",
        ),
    ],
    ids=lambda each: "" if isinstance(each, Kind) else each.partition(",")[0],
)
def test_what_a_declaration_lacks_is_a_sentence(kind: Kind, says: str) -> None:
    assert check({LogGroup: kind}) == [f"{HERE}: {says}"]


def test_an_address_that_begins_otherwise_is_a_contradiction() -> None:
    group = LogGroup(scope=HOME, name="acme", retention=30)
    said = check({LogGroup: replace(KIND, word="logs")}, [group])
    assert said == [f"{HERE}: word='logs', and an address of it is log-group/acme"]


@record(kw_only=True)
class Stray(Resource):
    """A resource that nothing declares."""

    @property
    def address(self) -> str:
        return "stray/acme"


def test_two_distributions_cannot_share_a_word() -> None:
    kinds = {LogGroup: KIND, Stray: replace(KIND, resource=Stray)}
    assert f"{__name__}.Stray: addresses of {HERE} begin with log-group/ too, choose a word" in check(kinds)


def run_it() -> None:
    sandbox = Sandbox()
    execute("plan", [Stray(scope=HOME)], KINDS, of_sandbox(sandbox, None), clock=sandbox.clock)


@pytest.mark.parametrize("use", [run_it, lambda: least([Stray(scope=HOME)])], ids=["plan", "permissions"])
def test_a_resource_without_a_declaration_is_told_what_to_write(use: Callable[[], object]) -> None:
    with pytest.raises(Undeclared) as wrong:
        use()
    assert str(wrong.value) == "no kind is declared for stray/acme, a Stray"
    assert wrong.value.hint == f"write KIND = Kind(RECIPE, READS, resource=Stray, ...) at the end of {__name__}"


def test_a_kind_without_permissions_is_told_what_to_write() -> None:
    with pytest.raises(Undeclared) as wrong:
        least([Stray(scope=HOME)], kinds={Stray: Kind(of_another_kind)})
    assert str(wrong.value) == "nothing says which permissions stray/acme takes"
    assert wrong.value.hint == f"write permissions=Permissions(read=..., write=...) into KIND in {__name__}"


@pytest.mark.parametrize(
    ("word", "section"),
    [
        ("repository", "repositories"),
        ("log-stream", "log_streams"),
        ("access_key", "access_keys"),
        ("batch", "batches"),
        ("Address", "addresses"),
    ],
)
def test_a_section_is_called_by_the_plural(word: str, section: str) -> None:
    assert Name.of(word).section == section


@pytest.mark.parametrize(("word", "section"), [("9lives", None), ("log group", None), ("log", "Logs")])
def test_a_name_that_cannot_begin_an_address_is_refused(word: str, section: str | None) -> None:
    with pytest.raises(UsageError):
        Name.of(word, section)


def test_nothing_is_written_over() -> None:
    with pytest.raises(UsageError, match=r"awsbase/ensure/log_group\.py is there already"):
        list(scaffold(ROOT, Name.of("log-group")))


def test_a_page_without_a_place_for_the_table_is_told_so() -> None:
    with pytest.raises(UsageError, match="has no place for the table"):
        insert("# Manifest\n", KINDS.values())


def test_a_kind_is_looked_up_by_the_class_that_its_module_declares() -> None:
    assert {resource: KINDS[resource] for resource in KINDS} == dict(KINDS)
    stray = type("LogGroup", (LogGroup,), {"__module__": LogGroup.__module__})
    assert stray not in KINDS
    assert Stray not in KINDS
