"""`make host`: boot the Debian bastion that awsbase launches in the sandbox, try it, and write down what was seen."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.faults.results import ROOT
from tests.host import checks, transcript
from tests.host.account import REGION, Account
from tests.host.machine import Machine, build, missing
from tests.host.metadata import Guest, Metadata

FOLDER = ROOT / "build" / "host"
# Seconds that a machine may take to switch itself off; EC2 itself cuts the power after some minutes.
PATIENCE = 600.0


def main() -> int:
    """Boot, try and write; return 1 where something was not as it should be."""
    if lacking := missing():
        print(f"make host: apt-get install {' '.join(lacking)}")
        return 1
    seen = []
    with tempfile.TemporaryDirectory() as name:
        for each in course(Path(name)):
            print(each.line, flush=True)
            seen.append(each)
    failed = [each for each in seen if not each.fine]
    if failed:
        print(f"make host: {len(failed)} of {len(seen)} are not as they should be; {transcript.PAGE} stays as it was")
        return 1
    transcript.write(seen)
    return 0


def course(folder: Path) -> Iterator[checks.Seen]:
    """Yield what is seen on the way from the first boot to the end."""
    keys = {name: key_pair(folder / name) for name in ("alice", "bob", "mallory")}
    account = Account(folder)
    alice, bob = ("Admins", keys["alice"]), ("People", keys["bob"])
    account.bastion_up({"alice": alice, "bob": bob})
    instance = account.instance
    assert instance is not None
    metadata = Metadata(Guest(instance, "t3.micro", REGION, Machine.address, Machine.mac))
    metadata.user_data = account.user_data
    machine = Machine(build(FOLDER), folder, metadata.port, instance)
    host = checks.Host(machine, {name: folder / name for name in keys})
    yield checks.Seen("the machine", True, f"QEMU, {'with KVM' if machine.accelerated else 'all of it emulated'}")
    try:
        machine.start()
        yield checks.up("the first boot", host)
        yield from checks.first_boot(host)
        yield from checks.who_gets_in(host)
        yield from checks.what_they_may(host)
        yield from checks.forwarding(host)
        yield from checks.blocking(host)
        machine.power_button()
        yield checks.off("stopped by the power button", machine.off_after(PATIENCE))

        # Other user data for a stopped instance: the one that the manifest without bob asks for.
        account.bastion_up({"alice": alice})
        metadata.user_data = account.user_data
        machine.start()
        yield checks.up("the boot without bob in the manifest", host)
        yield from checks.after_bob_left(host)
        yield from checks.forwarding(host)

        account.pass_time()
        yield checks.Seen("AWS's schedule terminates the instance in the sandbox", account.instance is None)
        machine.power_button()
        yield checks.off("the end of life: EC2 presses the power button", machine.off_after(PATIENCE))
    finally:
        machine.kill()
        (FOLDER / "console.log").write_bytes(machine.console.read_bytes())


def key_pair(file: Path) -> str:
    """Make a key pair; return the public key."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file], check=True)
    return file.with_suffix(".pub").read_text().strip()


if __name__ == "__main__":
    sys.exit(main())
