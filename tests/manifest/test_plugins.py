"""Plug-ins that a manifest names: what they give, what is wrong with them, and what manifests without them pay."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from awsbase.errors import ManifestError, UsageError
from awsbase.manifest.load import load
from awsbase.manifest.manifest import fingerprint, resources
from awsbase.manifest.plugins import lacks, load_plugins

ACCOUNT = 'version: 1\naccount: {id: "123456789012", name: acme, region: eu-west-1}\n'
GOOD = '''
from dataclasses import replace
from typing import Annotated
from awsbase.api import Plugin, Resource, Section, record
from awsbase.ensure.log_group import KIND as OURS

@record(kw_only=True)
class Box(Resource):
    """A box."""
    name: str
    @property
    def address(self) -> str:
        return self.scope.address("box", self.name)

def keep_box(run, want) -> None:
    """Keep a box."""

class BoxSpec(Section):
    """One box."""
    size: int = 1
    def entry_resources(self, name, base, manifest):
        yield Box(scope=base.scope, name=base.expand(name))

Boxes = dict[str, BoxSpec]
KIND = replace(OURS, ensure=keep_box, reads=lambda want: (), resource=Box, word="box")
KIND = replace(KIND, permissions=replace(KIND.permissions, write=lambda want: (), read=lambda want: ()))
PLUGIN = Plugin(api=1, kinds={Box: KIND}, sections={"x-boxes": Boxes})
'''
Publish = Callable[..., str]


@pytest.fixture
def publish(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Publish]:
    """Return what installs a distribution with one module, whose names no other test uses."""
    folder = tmp_path / "installed"
    folder.mkdir()
    sys.path.insert(0, str(folder))
    known = set(sys.modules)

    def installed(name: str, source: str, *, version: str = "1.0", entries: str | None = None) -> str:
        module = name.replace("-", "_")
        (folder / f"{module}.py").write_text(source)
        facts = folder / f"{module}-{version}.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        entry = f"[awsbase.kinds]\nplugin = {module}:PLUGIN\n" if entries is None else entries
        (facts / "entry_points.txt").write_text(entry)
        importlib.invalidate_caches()
        return name

    yield installed
    sys.path.remove(str(folder))
    for module in set(sys.modules) - known:
        if str(getattr(sys.modules[module], "__file__", "")).startswith(str(folder)):
            del sys.modules[module]


def written(folder: Path, text: str) -> Path:
    """Write a manifest with an account."""
    file = folder / "acme.yaml"
    file.write_text(ACCOUNT + text)
    return file


def mistakes(file: Path) -> list[str]:
    """Return the mistakes of a manifest, without its folder."""
    with pytest.raises(ManifestError) as wrong:
        load(file)
    assert wrong.value.exit_code == 2
    return str(wrong.value).replace(f"{file.parent}/", "").splitlines()


def test_a_section_of_a_plug_in_gives_resources(publish: Publish, tmp_path: Path) -> None:
    publish("good-boxes", GOOD)
    manifest = load(written(tmp_path, "extras: [good-boxes]\nx-boxes:\n  '{name}-big': {size: 3}\n  small:\n"))
    assert [each.address for each in resources(manifest)["x-boxes"]] == ["box/acme-big", "box/small"]
    assert [(each.name, each.version) for each in manifest.plugins] == [("good-boxes", "1.0")]


def test_the_version_of_a_plug_in_is_part_of_the_fingerprint(publish: Publish, tmp_path: Path) -> None:
    publish("one-box", GOOD)
    publish("two-box", GOOD, version="2.0")
    text = "extras: [{name}]\nx-boxes:\n  small:\n"
    found = {fingerprint(load(written(tmp_path, text.format(name=name)))) for name in ("one-box", "two-box")}
    assert len(found) == 2
    plain = fingerprint(load(written(tmp_path, "")))
    assert plain == fingerprint(load(written(tmp_path, "extras: []\n")))


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("import no_such_module", "cannot be imported: ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise SystemExit('no')", "cannot be imported: SystemExit: no"),
        ("PLUGIN = print(", "cannot be imported: SyntaxError: '(' was never closed"),
        ("PLUGIN = 1", "gives no Plugin, but bad_0:PLUGIN"),
        (GOOD.replace("api=1", "api=2"), "1.0 is written for version 2 of awsbase.api, and this is 1, update awsbase"),
        (GOOD.replace("x-boxes", "boxes"), "is broken: the key 'boxes' of a section has to begin with x-"),
        (GOOD.replace("{Box: KIND}", "{Box: 1}"), "is declared by 1, write kinds={RESOURCE: KIND}"),
        (GOOD.replace("dict[str, BoxSpec]", "dict[str, int]"), "the section x-boxes is no Section"),
        (
            GOOD.replace("size: int", "size: object()"),
            "section x-boxes cannot be used: PydanticSchemaGenerationError",
        ),
        (GOOD + "\nPLUGIN = Plugin(1, {Box: replace(KIND, permissions=None)})", "Box: KIND has no permissions"),
        (GOOD + "\nPLUGIN = Plugin(1, {Box: replace(KIND, about=None)})", "Box: KIND explains nothing"),
        (GOOD + "\nPLUGIN = Plugin(1, {Box: replace(KIND, word='user')})", "own begin with user/ too"),
    ],
    ids=lambda each: "" if "\n" in each else each,
)
def test_a_broken_plug_in_is_one_line(source: str, says: str, publish: Publish, tmp_path: Path) -> None:
    publish("bad-0", source)
    (line,) = mistakes(written(tmp_path, "extras:\n  - bad-0\nx-boxes:\n  small:\n"))
    assert line.startswith("acme.yaml:4: extras[0]: ")
    assert says in line
    with pytest.raises(UsageError) as wrong:
        load_plugins(["bad-0"])
    assert "\n" not in str(wrong.value)
    assert load(written(tmp_path, "")).plugins == ()


def test_what_is_not_installed_is_one_line(tmp_path: Path) -> None:
    assert mistakes(written(tmp_path, "extras: [no-such-boxes]\nx-boxes:\n  small:\n")) == [
        "acme.yaml:3: extras[0]: no-such-boxes is not installed, install it where awsbase is: pip install no-such-boxes"
    ]


@pytest.mark.parametrize("entries", ["", "[awsbase.kinds]\na = many:PLUGIN\nb = many:PLUGIN\n"], ids=["none", "two"])
def test_a_distribution_with_another_number_of_entry_points_is_refused(
    entries: str, publish: Publish, tmp_path: Path
) -> None:
    publish("many", GOOD, entries=entries)
    (line,) = mistakes(written(tmp_path, "extras: [many]\n"))
    assert "entry points of the group awsbase.kinds, not one, is it a plug-in of awsbase?" in line


def test_a_key_of_no_plug_in_is_a_mistake_with_the_nearest(publish: Publish, tmp_path: Path) -> None:
    publish("near-boxes", GOOD)
    (line,) = mistakes(written(tmp_path, "extras: [near-boxes]\nx-boxs:\n  small:\n"))
    assert line == "acme.yaml:4: x-boxs: no section 'x-boxs' in near-boxes, did you mean 'x-boxes'?"
    (line,) = mistakes(written(tmp_path, "extras: [near-boxes]\nx-zebras:\n  small:\n"))
    assert line == "acme.yaml:4: x-zebras: no section 'x-zebras' in near-boxes, there is x-boxes"


def test_a_key_of_a_plug_in_that_nobody_names_says_what_to_write(tmp_path: Path) -> None:
    assert mistakes(written(tmp_path, "x-boxes:\n  small:\naudit: {retention: 1}\n"))[0] == (
        "acme.yaml:3: x-boxes: a section of a plug-in, and no plug-in is named, write extras: [DISTRIBUTION] above it"
    )


def test_two_plug_ins_that_give_one_key_are_a_mistake(publish: Publish, tmp_path: Path) -> None:
    publish("first-boxes", GOOD)
    publish("other-boxes", GOOD)
    (line,) = mistakes(written(tmp_path, "extras: [first-boxes, other-boxes]\nx-boxes:\n  small:\n"))
    assert line == "acme.yaml:3: extras[1]: other-boxes gives x-boxes, and so does first-boxes, name one of them"


def test_mistakes_in_a_section_of_a_plug_in_have_their_lines(publish: Publish, tmp_path: Path) -> None:
    publish("strict-boxes", GOOD)
    text = "extras: [strict-boxes]\nx-boxes:\n  small: {sise: 2}\n  big: {size: many}\nkey_pairs: 3\n"
    assert mistakes(written(tmp_path, text)) == [
        "acme.yaml:5: x-boxes.small.sise: unknown key 'sise', did you mean 'size'?",
        "acme.yaml:6: x-boxes.big.size: must be a whole number, not 'many'",
        "acme.yaml:7: key_pairs: must be a mapping, not 3",
    ]


@pytest.mark.parametrize("extras", ["good", "[1, '../x', 'a b']"])
def test_what_is_no_name_is_a_mistake_and_is_not_looked_for(extras: str, tmp_path: Path) -> None:
    assert all("installed" not in line for line in mistakes(written(tmp_path, f"extras: {extras}\n")))


def test_what_a_plug_in_lacks_is_listed(publish: Publish) -> None:
    publish("bare", GOOD + "\nPLUGIN = Plugin(1, {Box: replace(KIND, permissions=None, about=None)})")
    assert lacks("bare") == [
        "bare.Box: KIND has no permissions, write permissions=Permissions(read=..., write=...)",
        "bare.Box: KIND explains nothing, write about=About(what=..., why=..., undo=(...,))",
    ]


def test_a_manifest_without_plug_ins_does_not_look_for_any(tmp_path: Path) -> None:
    file = written(tmp_path, "audit:\n")
    code = f"import sys, pathlib, awsbase.manifest.load as m; m.load(pathlib.Path({str(file)!r}))"
    looked = f"{code}; sys.exit('awsbase.manifest.plugins' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", looked], check=False).returncode == 0
