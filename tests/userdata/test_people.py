"""The accounts on a host follow the manifest at each boot; stand-ins replace the system's programs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from awsbase.userdata import Person
from awsbase.userdata.render import account, part
from tests.userdata.keys import ed25519

# One file an account, one group a line; what a stand-in does not know succeeds and does nothing.
STAND_IN = """\
#!/bin/bash
echo "${0##*/} $*" >>"$HOST/log"
name=$HOST/accounts/${*: -1}
case ${0##*/} in
  id) [ -f "$name" ] || exit 1; [ "$1" != -nG ] || tr '\\n' ' ' <"$name" ;;
  useradd) echo awsbase-people >"$name" ;;
  usermod) [ "$1" != --append ] || echo "$3" >>"$name" ;;
  gpasswd) sed -i "/^$3\\$/d" "$HOST/accounts/$2" ;;
  getent) echo "awsbase-people:x:1001:$(cd "$HOST/accounts" && grep -lx awsbase-people -- * | paste -sd,)" ;;
  userdel) rm "$name" ;;
esac
"""
PROGRAMS = (
    *("id", "useradd", "usermod", "gpasswd", "getent", "userdel", "groupadd", "pkill", "visudo", "logger"),
    # Each package is there already: nothing is installed on the machine of the tests.
    *("dnf", "rpm"),
)
ALICE = Person("alice", (ed25519(1),), administrator=True)
BOB = Person("bob", (ed25519(2), ed25519(3)))


class Machine:
    """A host of files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("accounts", "bin", "etc/ssh", "etc/sudoers.d", "var/spool/cron"):
            (folder / name).mkdir(parents=True)
        for name in PROGRAMS:
            (folder / "bin" / name).write_text(STAND_IN)
            (folder / "bin" / name).chmod(0o755)
        (folder / "accounts/games").write_text("games\n")

    def boot(self, *people: Person) -> str:
        script = part("head.sh", mode="ssh") + part("people.sh", accounts="".join(map(account, people)))
        script = script.replace("/etc/", f"{self.folder}/etc/").replace("/var/", f"{self.folder}/var/")
        environment = {"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "HOST": str(self.folder)}
        ended = subprocess.run(["bash"], input=script, env=environment, capture_output=True, text=True, check=False)
        assert (ended.returncode, ended.stderr) == (0, "")
        return ended.stdout

    def accounts(self) -> dict[str, list[str]]:
        there = sorted((self.folder / "accounts").iterdir())
        return {file.name: file.read_text().split() for file in there if file.name != "games"}

    def keys(self) -> dict[str, list[str]]:
        there = sorted((self.folder / "etc/ssh/awsbase").iterdir())
        return {file.name: file.read_text().splitlines() for file in there}

    def did(self, program: str) -> list[str]:
        log = (self.folder / "log").read_text().splitlines()
        return [line for line in log if line.split()[0] == program]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_people_get_accounts_with_their_keys_and_administrators_sudo(machine: Machine) -> None:
    machine.boot(ALICE, BOB)
    assert machine.accounts() == {"alice": ["awsbase-people", "awsbase-admins"], "bob": ["awsbase-people"]}
    assert machine.keys() == {"alice": list(ALICE.keys), "bob": list(BOB.keys)}
    assert "%awsbase-admins" in (machine.folder / "etc/sudoers.d/awsbase").read_text()


def test_a_person_removed_from_the_manifest_is_removed_at_the_next_boot(machine: Machine) -> None:
    machine.boot(ALICE, BOB)
    output = machine.boot(ALICE)
    assert list(machine.accounts()) == ["alice"]
    assert list(machine.keys()) == ["alice"]
    assert machine.did("pkill") == ["pkill -KILL -u bob"]
    assert machine.did("userdel") == ["userdel --remove --force bob"]
    assert "removing the account bob" in output


def test_all_accounts_are_removed_when_the_manifest_names_nobody(machine: Machine) -> None:
    machine.boot(ALICE, BOB)
    machine.boot()
    assert (machine.accounts(), machine.keys()) == ({}, {})


def test_another_boot_changes_nothing(machine: Machine) -> None:
    machine.boot(ALICE, BOB)
    before = machine.accounts(), machine.keys()
    machine.boot(ALICE, BOB)
    assert (len(machine.did("useradd")), machine.did("userdel")) == (2, [])
    assert {name: sorted(set(groups)) for name, groups in machine.accounts().items()} == {
        name: sorted(groups) for name, groups in before[0].items()
    }
    assert machine.keys() == before[1]


def test_keys_and_sudo_are_removed(machine: Machine) -> None:
    machine.boot(ALICE, BOB)
    machine.boot(Person("alice", (ed25519(7),)), Person("bob", BOB.keys[:1]))
    assert machine.accounts()["alice"] == ["awsbase-people"]
    assert machine.keys() == {"alice": [ed25519(7)], "bob": [ed25519(2)]}


def test_a_system_account_gets_no_keys(machine: Machine) -> None:
    output = machine.boot(Person("games", (ed25519(),)))
    assert machine.keys() == {}
    assert machine.did("userdel") == []
    assert "the account games belongs to the host itself" in output
