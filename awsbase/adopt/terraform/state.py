"""A state of Terraform or OpenTofu: its instances, each with nothing but what tells which thing of AWS it is.

Formats: `terraform.tfstate` and `terraform state pull` (version 4 of the state's own format), `terraform show -json`
(https://developer.hashicorp.com/terraform/internals/json-format). A state holds secrets: what is not needed is dropped
while it is parsed, and no message quotes a file.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from awsbase.adopt.terraform.types import ATTRIBUTES
from awsbase.errors import AwsbaseError
from awsbase.records import record

MOST = 128 * 1024 * 1024  # bytes
VERSION = 4
STDIN = "-"
PULL = "`{program} state pull > state.json` writes a state"
# The keys of both formats, and of what is mistaken for a state.
FRAME = frozenset(
    """
    version terraform_version resources module mode type name provider instances index_key attributes deposed
    format_version values root_module child_modules address index provider_name deposed_key
    planned_values resource_changes backend encryption_version encrypted_data modules
    """.split()  # noqa: SIM905, a list of words
)
KEPT = FRAME | ATTRIBUTES
KEY = r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]'
STEP = re.compile(rf"module\.([^\W\d][\w-]*)(?:{KEY})?(?:\.|$)")


class UnreadableState(AwsbaseError):
    """A file is no state that awsbase can read."""

    exit_code = 2


@record
class Instance:
    """One instance of a resource in a state: its address, and what tells which thing of AWS it is."""

    type: str
    name: str
    module: str = ""
    key: str | int | None = None
    provider: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def resource(self) -> str:
        """The address of its resource, with the keys of modules and without its own."""
        return ".".join(filter(None, (self.module, self.type, self.name)))

    @property
    def address(self) -> str:
        """Its address, as Terraform's commands take it."""
        if self.key is None:
            return self.resource
        return f"{self.resource}[{self.key if isinstance(self.key, int) else quoted(self.key)}]"

    @property
    def configured(self) -> str:
        """The address of its resource in the configuration, which knows no keys; empty if nobody can tell."""
        names = module_names(self.module)
        if names is None or not re.fullmatch(r"[^\W\d][\w-]*", self.name):
            return ""
        return ".".join([*(f"module.{name}" for name in names), self.type, self.name])

    def text(self, attribute: str) -> str:
        """Return an attribute that is a text; empty where there is none."""
        value = self.attributes.get(attribute)
        return value if isinstance(value, str) else ""


@record
class State:
    """The managed instances of a state, and the program that wrote it."""

    file: str
    instances: tuple[Instance, ...]
    program: str = "terraform"


def module_names(path: str) -> list[str] | None:
    """Return the names of a path of modules, without their keys; None for a path that cannot be understood."""
    names, at = [], 0
    while at < len(path):
        step = STEP.match(path, at)
        if step is None:
            return None
        names.append(step[1])
        at = step.end()
    return names


def quoted(text: str) -> str:
    """Return a text as HCL writes it in an address, as Terraform's `toHCLQuotedString` does."""
    plain = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
    written = []
    for index, character in enumerate(text):
        if character in "$%" and text[index + 1 : index + 2] == "{":
            written.append(character * 2)
        elif character in plain:
            written.append(plain[character])
        elif character.isprintable():
            written.append(character)
        else:
            code = ord(character)
            written.append(f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
    return f'"{"".join(written)}"'


def read_state(file: Path, *, most: int = MOST) -> State:
    """Read a state of at most so many bytes from a file, or from standard input for `-`; raises UnreadableState."""
    if str(file) == STDIN:
        return parsed(sys.stdin.buffer.read(most + 1), "standard input", most)
    try:
        with file.open("rb") as opened:
            return parsed(opened.read(most + 1), str(file), most)
    except OSError as error:
        raise UnreadableState(f"{file}: {error.strerror}", hint=pull()) from None


def pull(program: str = "terraform") -> str:
    """Say how a state is written to a file."""
    return PULL.format(program=program)


def parsed(raw: bytes, file: str, most: int = MOST) -> State:
    """Understand a state; raises UnreadableState with what to do, and never with what stands in it."""
    if len(raw) > most:
        raise UnreadableState(
            f"{file} is larger than {most // 1024 // 1024} MB", hint="give the state of one configuration at a time"
        )
    if not raw.strip():
        raise UnreadableState(f"{file} is empty", hint=pull())
    if raw.startswith(b"PK"):
        raise UnreadableState(f"{file} is a saved plan", hint=f"give the state: {pull()}")
    whole = decoded(raw, file)
    if not isinstance(whole, dict):
        raise UnreadableState(f"{file} is JSON, but no state of Terraform", hint=pull())
    if "encrypted_data" in whole or "encryption_version" in whole:
        raise UnreadableState(
            f"{file} is encrypted by OpenTofu",
            hint="where its key is configured, `tofu state pull > state.json` decrypts it; delete it afterwards",
        )
    if "planned_values" in whole or "resource_changes" in whole:
        raise UnreadableState(
            f"{file} is a plan", hint="`terraform show -json > state.json`, without the plan's name, writes the state"
        )
    try:
        instances = tuple(shown(whole, file) if "format_version" in whole else stored(whole, file))
    except (AttributeError, TypeError, KeyError):
        raise UnreadableState(f"{file} is damaged: it is no whole state of Terraform", hint=pull()) from None
    tofu = any("registry.opentofu.org" in each.provider for each in instances)
    return State(file, instances, "tofu" if tofu else "terraform")


def decoded(raw: bytes, file: str) -> Any:
    """Parse JSON in whatever encoding a shell wrote it, and keep only what is needed; raises UnreadableState."""
    encoding = json.detect_encoding(raw)
    try:
        return json.loads(raw.decode(encoding), object_hook=needed)
    except UnicodeDecodeError:
        raise UnreadableState(f"{file} is no text, and no state of Terraform", hint=pull()) from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise UnreadableState(f"{file} is no JSON: {where}", hint=pull()) from None
    except RecursionError:
        raise UnreadableState(f"{file} is nested too deeply for a state of Terraform", hint=pull()) from None


def needed(given: dict[str, Any]) -> dict[str, Any]:
    """Return what is needed of a mapping in a state."""
    return {key: value for key, value in given.items() if key in KEPT}


def stored(whole: Mapping[str, Any], file: str) -> Iterator[Instance]:
    """Yield the instances of a state in its own format; raises UnreadableState for another one."""
    version = whole.get("version")
    if "backend" in whole and not whole.get("resources"):
        raise UnreadableState(
            f"{file} says where the state is, and is none", hint=f"{pull()}, in the folder of the configuration"
        )
    if isinstance(version, int) and version < VERSION:
        raise UnreadableState(
            f"{file} has version {version} of the format, which Terraform 0.11 and older wrote",
            hint=f"{pull()}: a newer Terraform upgrades it",
        )
    if isinstance(version, int) and version > VERSION:
        raise UnreadableState(
            f"{file} has version {version} of the format, and awsbase reads {VERSION}",
            hint="`terraform show -json > state.json` writes a format that stays",
        )
    if version != VERSION or "resources" not in whole:
        raise UnreadableState(f"{file} is JSON, but no state of Terraform", hint=pull())
    for resource in whole["resources"]:
        for each in resource["instances"] if resource["mode"] == "managed" else ():
            if "deposed" not in each:
                yield Instance(
                    text_of(resource["type"]),
                    text_of(resource["name"]),
                    text_of(resource.get("module", "")),
                    key_of(each.get("index_key")),
                    text_of(resource.get("provider", "")),
                    identity(each.get("attributes") or {}),
                )


def shown(whole: Mapping[str, Any], file: str) -> Iterator[Instance]:
    """Yield the instances of a state as `show -json` writes it; one without any has no values."""
    values = whole.get("values") or {}
    yield from of_module(values.get("root_module") or {})


def of_module(module: Mapping[str, Any]) -> Iterator[Instance]:
    """Yield the instances of a module and of those in it."""
    for each in module.get("resources", ()):
        if each["mode"] == "managed" and "deposed_key" not in each:
            yield Instance(
                text_of(each["type"]),
                text_of(each["name"]),
                text_of(module.get("address", "")),
                key_of(each.get("index")),
                text_of(each.get("provider_name", "")),
                identity(each.get("values") or {}),
            )
    for inner in module.get("child_modules", ()):
        yield from of_module(inner)


def text_of(value: object) -> str:
    """Return a text; raises TypeError for anything else."""
    if not isinstance(value, str):
        raise TypeError
    return value


def key_of(value: object) -> str | int | None:
    """Return the key of an instance; raises TypeError for what is none."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return int(value)
    raise TypeError


def identity(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes that tell which thing it is: texts, and lists of texts."""
    return {name: value for name, value in attributes.items() if name in ATTRIBUTES and telling(value)}


def telling(value: object) -> bool:
    """Tell whether a value is a text, or a list of texts."""
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(each, str) for each in value))
