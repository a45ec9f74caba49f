"""Everything that awsbase makes is explained."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from click.testing import CliRunner

from awsbase import explain
from awsbase.engine.kind import Undeclared
from awsbase.ensure import KINDS, declared
from awsbase.errors import UsageError
from awsbase.policies import curated
from awsbase.samples import SAMPLES
from awsbase.scripts import cli

ADDRESSES = sorted({resource.address for sample in SAMPLES for resource in sample.resources})


def test_every_kind_and_every_curated_policy_has_an_entry() -> None:
    assert len(explain.entries()) == len(KINDS) + len(explain.POLICIES)


def test_every_curated_policy_has_an_entry() -> None:
    assert set(explain.POLICIES) == {f"awsbase:{name}" for name in curated()}


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_address_is_explained(address: str) -> None:
    name, entry = explain.explain(address)
    assert name == address
    assert entry.what


ENTRIES = explain.entries()


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_says_everything(name: str) -> None:
    entry = ENTRIES[name]
    assert entry.undo
    assert all((entry.what, entry.why, entry.cost, *entry.undo))
    assert entry.what.endswith(".")
    assert all(re.fullmatch(r"(CIS [1-5]|FSBP [A-Z])[\w., :]*", control) for control in entry.controls), entry.controls
    assert "arn:aws" not in " ".join(entry.undo)


@pytest.mark.parametrize(
    ("subject", "line"),
    [
        ("bucket/acme-state", "delete every version, then: aws s3api delete-bucket --bucket acme-state"),
        ("topic/acme-ops@us-east-1", "--region us-east-1"),
        ("alarm/acme-billing-50@us-east-1", "delete-alarms --alarm-names acme-billing-50 --region us-east-1"),
        ("vpc/acme", "--filters Name=tag:Name,Values=acme"),
        ("schedule/bastion@eu-west-3", "delete-schedule --name bastion --region eu-west-3"),
        ("policy/awsbase-require-mfa", "ARN-OF-awsbase-require-mfa"),
        ("alarm", "--alarm-names NAME --region REGION"),
    ],
)
def test_an_address_is_filled_into_the_undo(subject: str, line: str) -> None:
    assert line in " ".join(explain.explain(subject)[1].undo)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("log_group", "log-group"),
        ("Log Group", "log-group"),
    ],
)
def test_other_words_for_a_kind_are_understood(asked: str, meant: str) -> None:
    assert explain.explain(asked)[1] == explain.explain(meant)[1]


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("buckt", "bucket"), ("require-mfa", "awsbase:require-mfa"), ("connect-endpoint", "instance-connect-endpoint")],
)
def test_an_unknown_word_is_told_the_nearest(asked: str, meant: str) -> None:
    with pytest.raises(UsageError) as wrong:
        explain.explain(asked)
    assert wrong.value.hint == f"did you mean {meant!r}?"


def test_only_the_kind_that_is_asked_for_is_imported() -> None:
    code = (
        "import sys; from awsbase.explain import explain; explain('log-group/acme'); "
        "print(*(name for name in sys.modules if name.startswith('awsbase.ensure.')), 'boto3' in sys.modules)"
    )
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert asked.stdout.split() == ["awsbase.ensure.log_group", "False"]


def test_a_kind_without_an_explanation_is_told_what_to_write() -> None:
    kind = replace(declared("log-group"), about=None)
    with pytest.raises(Undeclared) as wrong:
        explain.about(kind)
    assert str(wrong.value) == "nothing explains log-group"
    assert wrong.value.hint == "write about=About(what=..., why=..., undo=...) into KIND in awsbase.ensure.log_group"


def test_it_is_told_as_text_and_as_json() -> None:
    text = CliRunner().invoke(cli, ["explain", "trail/acme"]).output
    assert re.findall(r"^  (\w+)", text, re.MULTILINE) == ["what", "why", "answers", "costs", "undo"]
    assert "aws cloudtrail delete-trail --name acme" in " ".join(text.split())
    document = json.loads(CliRunner().invoke(cli, ["explain", "trail", "--json"]).output)
    assert document["entries"]["trail"]["controls"][0] == "CIS 3.1"
    every = CliRunner().invoke(cli, ["explain"]).output
    assert all(f"{name} " in every for name in ENTRIES)
