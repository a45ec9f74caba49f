"""Rendering of a bastion's user data: a pure function of the manifest."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, get_args

from awsbase.records import record
from awsbase.userdata.login import login

Mode = Literal["ssm", "ssh", "instance-connect"]
# EC2's limit in bytes, before base64 encoding.
LIMIT = 16 * 1024

MODE = re.compile(r"^# mode: ([a-z-]+)$", re.MULTILINE)
# A script's comments, which would take the room of people's keys; its first three lines stay.
COMMENT = re.compile(r"^ *# (?!Made by |mode: ).*\n", re.MULTILINE)
ACCOUNT = re.compile(r"^account (\S+) (person|administrator) <<'KEYS'\n(.*?)^KEYS\n", re.MULTILINE | re.DOTALL)
BOUNDARY = "==awsbase=="
TEMPLATE = f"""\
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="{BOUNDARY}"

--{BOUNDARY}
Content-Type: text/cloud-config; charset="us-ascii"

%s
--{BOUNDARY}
Content-Type: text/x-shellscript; charset="us-ascii"

%s
--{BOUNDARY}--
"""
# Amazon Linux and Ubuntu accept keys of EC2 Instance Connect, which would admit people who are not in the manifest.
NO_INSTANCE_CONNECT = "! held ec2-instance-connect || try drop ec2-instance-connect"


@record
class Person:
    """A person with an account on the host: the name in the manifest, the public keys, whether sudo is allowed."""

    name: str
    keys: tuple[str, ...]
    administrator: bool = False


def render(*, mode: Mode, people: Sequence[Person] = (), log_group: str | None = None, nat: bool = False) -> str:
    """Return the user data of a bastion as text; raises ValueError when it exceeds 16 KB.

    boto3 encodes it for RunInstances, but a launch template needs base64. The script runs at each boot, so a change to
    a stopped instance's user data takes effect when it starts.
    """
    script = COMMENT.sub("", "".join(parts(mode, people, log_group, nat)))
    text = TEMPLATE % (part("cloud-config.yaml").rstrip("\n"), script.rstrip("\n"))
    if (size := len(text.encode())) > LIMIT:
        raise ValueError(
            f"user data of {size} bytes, and EC2 takes {LIMIT}: {len(people)} people have too many or too long keys; "
            "an ed25519 key takes a seventh of an RSA key"
        )
    return text


def parts(mode: Mode, people: Sequence[Person], log_group: str | None, nat: bool) -> Iterator[str]:
    """Yield the parts of the script in order: parts that close the host precede parts that need the network."""
    yield part("head.sh", mode=mode)
    if mode == "ssm":
        yield part("no-sshd.sh")
    elif mode == "ssh":
        yield part("people.sh", accounts="".join(account(person) for person in sorted(people, key=by_login)))
        yield part("sshd.sh", groups="awsbase-people", keys="/etc/ssh/awsbase/%u", instance_connect=NO_INSTANCE_CONNECT)
    else:
        yield part("sshd.sh", groups="ec2-user", keys="none", instance_connect="have ec2-instance-connect")
    yield part("agent.sh")
    if nat:
        yield part("nat.sh")
    yield part("updates.sh")
    if mode == "ssh" or log_group:
        yield part("auth-log.sh")
    if mode == "ssh":
        yield part("guard.sh")
    if log_group:
        yield part("logs.sh", logs=json.dumps(agent_settings(log_group), indent=1))
    yield part("end.sh")


def part(name: str, **values: str) -> str:
    """Return a part of the user data with its values inserted."""
    text = Path(__file__).with_name(name).read_text(encoding="ascii")
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text


def by_login(person: Person) -> str:
    """Return the sort key of a person."""
    return login(person.name)


def account(person: Person) -> str:
    """Return the lines of the script that create an account."""
    role = "administrator" if person.administrator else "person"
    keys = "".join(f"{without_comment(key)}\n" for key in person.keys)
    return f"account {login(person.name)} {role} <<'KEYS'\n{keys}KEYS\n"


def without_comment(key: str) -> str:
    """Return a public key without its comment, which takes space and can name machines."""
    return " ".join(key.split()[:2])


def agent_settings(log_group: str) -> dict[str, object]:
    """Return the settings of the CloudWatch agent: which log it sends to which group."""
    secure = {
        "file_path": "AUTH_LOG",
        "log_group_name": log_group,
        "log_stream_name": "{instance_id}",
        "timezone": "UTC",
    }
    return {"agent": {"run_as_user": "root"}, "logs": {"logs_collected": {"files": {"collect_list": [secure]}}}}


def people_in(userdata: str) -> dict[str, Person]:
    """Return the people with an account in this user data, by login."""
    return {
        name: Person(name, tuple(keys.splitlines()), role == "administrator")
        for name, role, keys in ACCOUNT.findall(userdata)
    }


def mode_of(userdata: str) -> Mode | None:
    """Return the mode that user data was rendered for; None where none is named."""
    found = MODE.search(userdata)
    return next((mode for mode in get_args(Mode) if found and mode == found[1]), None)


def letting_in(have: str, want: str) -> str:
    """Say whom other user data lets in, or makes root, who was not before; empty when it lets in nobody."""
    before, after = people_in(have), people_in(want)
    found = [f"lets {name} in" for name in sorted(after.keys() - before.keys())]
    for name in sorted(before.keys() & after.keys()):
        if set(after[name].keys) - set(before[name].keys):
            found.append(f"lets another key of {name} in")
        if after[name].administrator and not before[name].administrator:
            found.append(f"lets {name} become root")
    modes = [match[1] if (match := MODE.search(text)) else "" for text in (have, want)]
    if modes[0] != modes[1] and modes[1] != "ssm":
        found.append(f"its mode becomes {modes[1]}")
    return ", ".join(found)


def reasons(have: str, want: str) -> list[str]:
    """Return the differences of two user data as text, for the reason of a replacement: `removes the account bob`."""
    differences = []
    modes = [found[1] if (found := MODE.search(text)) else "none" for text in (have, want)]
    if modes[0] != modes[1]:
        differences.append(f"mode {modes[0]} becomes {modes[1]}")
    before, after = people_in(have), people_in(want)
    differences += [f"removes the account {name}" for name in sorted(before.keys() - after.keys())]
    differences += [f"adds the account {name}" for name in sorted(after.keys() - before.keys())]
    for name in sorted(before.keys() & after.keys()):
        if set(before[name].keys) != set(after[name].keys):
            differences.append(f"changes the keys of {name}")
        if before[name].administrator != after[name].administrator:
            differences.append(f"{'gives sudo to' if after[name].administrator else 'takes sudo from'} {name}")
    if modes[0] == modes[1] and ACCOUNT.sub("", have) != ACCOUNT.sub("", want):
        differences.append("another set-up of the host")
    return differences
