"""A virtual machine of QEMU that takes itself for an instance of EC2, and its root file system of Debian."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from awsbase.records import record
from tests.faults.results import ROOT

RELEASE = "trixie"
MIRROR = "http://deb.debian.org/debian"
# What Debian's own image for EC2 has of what matters here; the script of the bastion installs the rest.
PACKAGES = """
ca-certificates cloud-init curl dbus initramfs-tools iproute2 less libpam-systemd linux-image-cloud-amd64 netplan.io
openssh-client openssh-server procps python3-apt sudo systemd-resolved systemd-sysv udev unattended-upgrades
"""
SETTINGS = {
    # The file system fills its disk already, and has no partition that could grow.
    "etc/cloud/cloud.cfg.d/90-disk.cfg": 'resize_rootfs: false\ngrowpart: {mode: "off"}',
    # A disk that is thrown away need not be safe from a power cut.
    "etc/dpkg/dpkg.cfg.d/90-fast": "force-unsafe-io",
    "etc/apt/apt.conf.d/90-fast": 'Acquire::Languages "none";',
}
GIB = 3
KVM = ("-accel", "kvm", "-cpu", "host")
TCG = ("-accel", "tcg,thread=multi", "-cpu", "max")


def missing() -> list[str]:
    """Return the Debian packages that are listed for this and not installed here."""
    listed: list[str] = json.loads((ROOT / "tools" / "package.json").read_text(encoding="utf-8"))["host"]
    if shutil.which("dpkg-query") is None:
        return listed
    asked = ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", *listed]
    there = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.splitlines()
    return [package for package in listed if f"{package} installed" not in there]


@record
class Image:
    """A root file system, its kernel and its first file system."""

    root: Path
    kernel: Path
    first: Path


def build(folder: Path) -> Image:
    """Return the image in a folder; make it where there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    root = folder / f"{RELEASE}.ext2"
    if not root.exists():
        unfinished = folder / "unfinished.ext2"
        unfinished.unlink(missing_ok=True)
        environment = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
        made = ["mmdebstrap", "--variant=minbase", "--aptopt=APT::Install-Recommends false", f"--include={included()}"]
        made += [f"--customize-hook=echo '{text}' >\"$1/{file}\"" for file, text in SETTINGS.items()]
        made += ["--customize-hook=copy-out /boot .", RELEASE, str(unfinished), MIRROR]
        subprocess.run(made, cwd=folder, env=environment, check=True)
        os.truncate(unfinished, GIB * 2**30)
        # It ends with 1 where it has mended something, such as the size.
        subprocess.run(["e2fsck", "-fy", unfinished], env=environment, check=False, stdout=subprocess.DEVNULL)
        subprocess.run(["resize2fs", unfinished], env=environment, check=True, stdout=subprocess.DEVNULL)
        unfinished.rename(root)
    kernel, first = (max(folder.glob(f"boot/{name}-*")) for name in ("vmlinuz", "initrd.img"))
    return Image(root, kernel, first)


def included() -> str:
    """Return the packages of the image as mmdebstrap takes them."""
    return ",".join(PACKAGES.split())


@record
class Ended:
    """How a command ended on the guest."""

    code: int
    text: str


class Machine:
    """One guest: a disk that lives as long as it, and a network in which 169.254.169.254 is the metadata service."""

    mac = "0a:00:00:00:00:01"
    address = "169.254.169.15"
    outside = "169.254.169.2"

    def __init__(self, image: Image, folder: Path, metadata_port: int, instance: str) -> None:
        self.image, self.folder, self.metadata_port, self.instance = image, folder, metadata_port, instance
        self.disk = folder / "disk.qcow2"
        self.console = folder / "console.log"
        self.ssh_port = free_port()
        self.accelerated = accelerated(image)
        made = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(image.root), str(self.disk)]
        subprocess.run(made, check=True)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Switch it on."""
        # What cloud-init knows EC2 by.
        id = "ec2e1916-9099-7caf-fd21-012345abcdef"
        network = f"user,id=net,net=169.254.169.0/24,host={self.outside},dhcpstart={self.address},dns=169.254.169.3"
        network += f",hostfwd=tcp:127.0.0.1:{self.ssh_port}-:22"
        network += f",guestfwd=tcp:169.254.169.254:80-cmd:{relay()} {self.metadata_port}"
        self.process = subprocess.Popen(
            [
                *(
                    "qemu-system-x86_64",
                    "-machine",
                    "q35",
                    *(KVM if self.accelerated else TCG),
                    "-m",
                    "1024",
                    "-smp",
                    "2",
                ),
                *("-display", "none", "-serial", f"file:{self.console}", "-no-reboot"),
                *("-qmp", f"unix:{self.folder / 'qmp'},server=on,wait=off"),
                *("-smbios", f"type=1,manufacturer=Amazon EC2,product=t3.micro,uuid={id},serial={id}"),
                *("-kernel", self.image.kernel, "-initrd", self.image.first),
                *(
                    "-append",
                    "root=/dev/vda rw console=ttyS0 net.ifnames=0 quiet systemd.mask=serial-getty@ttyS0.service",
                ),
                *("-drive", f"file={self.disk},if=virtio,discard=unmap"),
                *("-netdev", network, "-device", f"virtio-net-pci,netdev=net,mac={self.mac}"),
                *("-device", "virtio-rng-pci"),
            ],
            stdin=subprocess.DEVNULL,
        )

    def power_button(self) -> None:
        """Press the power button, as EC2 does to stop an instance or to terminate it."""
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self.folder / "qmp"))
            answers = control.makefile("rwb")
            for command in ("qmp_capabilities", "system_powerdown"):
                answers.readline()
                answers.write(json.dumps({"execute": command}).encode() + b"\n")
                answers.flush()
            answers.readline()

    def off_after(self, patience: float) -> float | None:
        """Wait until it is off; return the seconds that took, None where it is on still."""
        assert self.process is not None
        began = time.monotonic()
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            return None
        return time.monotonic() - began

    def kill(self) -> None:
        """Cut the power."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def ssh(
        self,
        login: str,
        *command: str,
        key: Path | None,
        options: Sequence[str] = (),
        text: str = "",
        password: str | None = None,
    ) -> Ended:
        """Run a command on it as somebody, with one key, or with a password."""
        only = ["-i", str(key), "-o", "IdentitiesOnly=yes"] if key else ["-o", "PubkeyAuthentication=no"]
        done = subprocess.run(
            [
                *(["sshpass", "-e"] if password else []),
                *("ssh", "-F", "none", "-p", str(self.ssh_port), *only, *options),
                *("-o", f"UserKnownHostsFile={self.folder / 'known_hosts'}", "-o", f"HostKeyAlias={self.instance}"),
                *("-o", "StrictHostKeyChecking=accept-new", "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=60"),
                *(f"{login}@127.0.0.1", *command),
            ],
            input=text.encode(),
            capture_output=True,
            check=False,
            env={**os.environ, "SSH_AUTH_SOCK": "", "SSHPASS": password or ""},
        )
        return Ended(done.returncode, (done.stdout + done.stderr).decode(errors="replace").strip())


def accelerated(image: Image) -> bool:
    """Tell whether this processor's own virtualization runs the kernel; without it a boot takes some ten times as long.

    It may be there and stop at instructions of the first second, in a machine that is itself a virtual one.
    """
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    alone = ["qemu-system-x86_64", *KVM, "-m", "512", "-display", "none", "-serial", "stdio", "-no-reboot"]
    alone += ["-kernel", str(image.kernel), "-append", "console=ttyS0 panic=-1"]
    try:
        shown = subprocess.run(alone, stdin=subprocess.DEVNULL, capture_output=True, timeout=15, check=False).stdout
    except subprocess.TimeoutExpired:
        return False
    return b"Linux version" in shown


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def relay() -> str:
    """Return the command with which QEMU passes one connection on to a port of the loopback."""
    return str(Path(__file__).with_name("relay"))
