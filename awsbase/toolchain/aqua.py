"""The files of aqua: `aqua.yaml` with the version of each program, and `aqua-checksums.json`.

https://aquaproj.github.io/docs/reference/security/checksum
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from awsbase.toolchain.known import PLATFORMS, Asset, Pin
from awsbase.toolchain.texts import Unwritable, disagrees, kept, parsed

CONFIG, CHECKSUMS = "aqua.yaml", "aqua-checksums.json"
CONFIGS = ("aqua.yaml", "aqua.yml", ".aqua.yaml", ".aqua.yml")
# The registry tells aqua where each program is published; whoever has the file already keeps its own.
REGISTRY = "v4.554.0"
NEW = """---
# yaml-language-server: $schema=https://raw.githubusercontent.com/aquaproj/aqua/main/json-schema/aqua-yaml.json
checksum:
  enabled: true
  require_checksum: true
  supported_envs:
{platforms}registries:
  - type: standard
    ref: {registry}
packages:
"""
PACKAGES = re.compile(r"(?m)^packages:[ \t]*(#.*)?$")
Locked = Sequence[tuple[Pin, Sequence[Asset]]]


def config(name: str, text: str, pins: Sequence[Pin]) -> str:
    """Return the configuration of aqua with these versions, and all else as it is."""
    new = text or beginning(pins)
    before = loaded(name, new)
    for pin in pins:
        new = with_version(name, new, pin)
    after = loaded(name, new)
    ours = {pin.tool.package for pin in pins}
    kept(name, others(before, ours), others(after, ours))
    wanted = {pin.tool.package: f"v{pin.version}" for pin in pins}
    kept(name, wanted, {package: version for package, version in map(named, after["packages"]) if package in ours})
    return new


def loaded(name: str, text: str) -> Mapping[str, Any]:
    """Return the file as values. Raises Unwritable."""
    import yaml

    def load(text: str) -> Any:
        try:
            return yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise ValueError(str(error).splitlines()[0]) from None

    content = parsed(name, text, load)
    if not isinstance(content, dict) or not isinstance(content.get("packages") or [], list):
        raise Unwritable(f"{name} has no list of packages", hint="correct it, or move it away")
    return {**content, "packages": content.get("packages") or []}


def beginning(pins: Sequence[Pin]) -> str:
    """Return a new file without packages, which refuses what has no checksum."""
    named = sorted({"/".join(PLATFORMS[platform]) for pin in pins for platform in pin.platforms})
    return NEW.format(platforms="".join(f"    - {each}\n" for each in named), registry=REGISTRY)


def named(package: Mapping[str, Any]) -> tuple[str, str]:
    """Return name and version of a package, which stand together or apart."""
    name, _, version = str(package.get("name", "")).partition("@")
    return name, str(package.get("version", version))


def others(content: Mapping[str, Any], ours: set[str]) -> dict[str, Any]:
    """Return what is not about our programs."""
    return {**content, "packages": [each for each in content["packages"] if named(each)[0] not in ours]}


def with_version(name: str, text: str, pin: Pin) -> str:
    """Return a configuration with one version. Raises Unwritable."""
    package = pin.tool.package
    line = f"- name: {package}@v{pin.version}"
    mine = re.compile(rf"(?m)^(?P<indent>[ \t]*)- name: [\"']?{re.escape(package)}(@[^\s\"']+)?[\"']?[ \t]*(?=#|$)")
    if found := mine.search(text):
        return f"{text[: found.start()]}{found['indent']}{line}{text[found.end() :]}"
    table = PACKAGES.search(text)
    if table is None:
        if re.search(r"(?m)^packages:", text):
            raise Unwritable(f"{name} writes its packages in one line", hint="write one package a line")
        return f"{text.rstrip()}\npackages:\n  {line}\n"
    first = re.search(r"(?m)^([ \t]*)- ", text[table.end() :])
    return f"{text[: table.end()]}\n{first[1] if first else '  '}{line}{text[table.end() :]}"


def checksums(text: str, locked: Locked) -> str:
    """Return `aqua-checksums.json` with these files, and all other entries as they are.

    Raises Unwritable or OtherChecksum.
    """
    content = parsed(CHECKSUMS, text or '{"checksums": []}', json.loads)
    if not isinstance(content, dict) or not isinstance(content.get("checksums"), list):
        raise Unwritable(f"{CHECKSUMS} has no list of checksums", hint="correct it, or move it away")
    held = {each["id"]: each for each in content["checksums"]}
    for pin, assets in locked:
        for asset in assets:
            id = pin.tool.checksum_id(pin.version, asset.url)
            have, want = held.get(id, {}).get("checksum", ""), asset.sha256.upper()
            if have and have.upper() != want:
                raise disagrees(CHECKSUMS, pin.name, f"{pin.version}, {asset.platform}", have, want)
            held[id] = {"id": id, "checksum": want, "algorithm": "sha256"}
    new = {**content, "checksums": [held[id] for id in sorted(held)]}
    return json.dumps(new, indent=2, ensure_ascii=False) + "\n"
