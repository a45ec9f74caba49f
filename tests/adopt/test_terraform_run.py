"""A real Terraform writes the state that is read, takes the commands, and finds the blocks valid."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from awsbase.adopt.terraform import HandOver, hand_over, read_state
from awsbase.engine.scope import Scope
from awsbase.ensure.bucket import Bucket
from awsbase.sandbox import Sandbox
from awsbase.testing.adopted import adopted
from tests.adopt.test_contract import check
from tests.adopt.test_terraform_state import MANAGED, ids
from tests.contract.sample import HOME
from tests.sandbox.served import serving

HERE = Path(__file__).parent / "terraform"
BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "terraform"
VIRGINIA = Scope(HOME.account, home="us-east-1", region="us-east-1", name="acme")
ALL = [*MANAGED, Bucket(scope=HOME, name="acme-site")]
MIRROR = Path(os.environ.get("TF_CLI_CONFIG_FILE", ""))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("terraform") is None, reason="there is no terraform on the PATH"),
]
with_provider = pytest.mark.skipif(
    not MIRROR.is_file(), reason="TF_CLI_CONFIG_FILE names no file with a mirror of Terraform's provider"
)


def run(folder: Path, command: str) -> str:
    """Type a command of Terraform into a shell, with nobody's credentials and settings; return what it prints."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
    settings = {"HOME": str(folder), "CHECKPOINT_DISABLE": "1", "TF_CLI_ARGS": "-no-color"}
    if MIRROR.is_file():
        settings["TF_CLI_CONFIG_FILE"] = str(MIRROR)
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=kept | settings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def handed(file: Path) -> HandOver:
    """Return what of a state is handed over."""
    state = read_state(file)
    return hand_over(state, ALL, HOME, ids(state))


def test_terraform_forgets_what_the_commands_name(tmp_path: Path) -> None:
    shutil.copy(HERE / "state.json", tmp_path / "terraform.tfstate")
    found = handed(tmp_path / "terraform.tfstate")
    run(tmp_path, " && ".join(found.commands()))
    gone = {each.instance.address for each in found.handed}
    listed = run(tmp_path, "terraform state list").splitlines()
    assert {each for each in listed if not each.startswith("data.")} == {
        each.address for each in found.state.instances
    } - gone


@with_provider
def test_what_terraform_applied_is_handed_over_and_its_blocks_are_valid(tmp_path: Path) -> None:
    there = shutil.copytree(HERE, tmp_path / "configuration")
    run(there, "terraform init -input=false")
    with serving(Sandbox()) as url:
        run(there, f"terraform apply -auto-approve -input=false -var=endpoint={url}")
    found = handed(there / "terraform.tfstate")
    assert found.commands() == handed(HERE / "state.json").commands()

    head, _, _ = (there / "main.tf").read_text(encoding="utf-8").partition("variable ")
    blocks = found.blocks()
    assert "from = module.store.aws_s3_bucket_versioning.this" in blocks
    (there / "main.tf").write_text(head + blocks, encoding="utf-8")
    run(there, "terraform fmt -check -diff && terraform validate")


@with_provider
def test_what_the_terraform_of_the_benchmark_applied_is_adopted(tmp_path: Path) -> None:
    there, sandbox = shutil.copytree(BENCHMARK, tmp_path / "configuration"), Sandbox()
    run(there, "terraform init -input=false")
    with serving(sandbox) as url:
        run(there, f"terraform apply -auto-approve -input=false -var=endpoint={url}")
    sandbox.calls.clear()
    found = adopted(sandbox, scope=VIRGINIA)
    check(sandbox, found)
    people = {"user/alice", "group/systems", "policy/deploy", "role/acme-bastion", "password-policy/account"}
    assert people <= set(found.count.described)
    others = {each.name for each in found.count.not_expressible}
    assert {"trail/acme-trail", "bucket/acme-state", "key/acme-state", "launch-template/acme-bastion"} <= others
    assert found.count.unread == ()
