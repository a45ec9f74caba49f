"""Imports point downwards only, and what everybody pays for at start-up stays small."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "awsbase"
# Each layer may import what stands in the lines below its own.
LAYERS = (
    ("kinds", "quick", "testing"),
    ("scripts",),
    ("api",),
    ("bastion", "report"),
    ("selftest", "fleet"),
    ("samples", "session"),
    ("view", "sandbox", "people", "explain"),
    ("adopt", "approach", "organization"),
    ("manifest", "drill", "restoring", "coverage"),
    ("permissions",),
    ("ensure",),
    ("access",),
    ("facts",),
    ("engine", "policies", "userdata"),
    ("prices",),
    ("toolchain",),
    ("aws", "bundle", "constraints", "github", "packages", "smtp", "totp", "webhooks"),
    ("cut_models",),
    ("busy", "connections", "disk", "events", "models", "pydantic_plugins", "responses", "siblings"),
    ("errors",),
    ("records",),
)
DEPTH = {name: depth for depth, layer in enumerate(LAYERS) for name in layer}


def imports() -> list[tuple[str, str, str]]:
    """List every import between two layers as (file, from layer, to layer)."""
    found = []
    for file in sorted(PACKAGE.rglob("*.py")):
        here = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if here not in DEPTH:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            names = []
            if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            for name in names:
                parts = name.split(".")
                if parts[0] == "awsbase" and len(parts) > 1 and parts[1] in DEPTH and parts[1] != here:
                    found.append((str(file.relative_to(PACKAGE)), here, parts[1]))
    return found


def test_every_module_has_a_layer() -> None:
    there = {path.name.removesuffix(".py") for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert there - set(DEPTH) <= {"__init__", "__main__", "__pycache__", "operations.json", "py.typed"}


def test_imports_point_downwards() -> None:
    assert imports(), "the walk found nothing: it is broken"
    assert [edge for edge in imports() if DEPTH[edge[1]] >= DEPTH[edge[2]]] == []


def test_ensure_holds_kinds_only() -> None:
    modules = [file for file in (PACKAGE / "ensure").glob("*.py") if file.name != "__init__.py"]
    assert [file.name for file in modules if "(Resource):" not in file.read_text()] == []


def test_iam_imports_no_section_that_grants() -> None:
    granting = {"audit", "backups", "notify", "protect", "root", "secrets", "state"}
    tree = ast.parse((PACKAGE / "manifest/iam.py").read_text())
    modules = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert granting.isdisjoint(module.removeprefix("awsbase.manifest.") for module in modules)


@pytest.mark.parametrize("line", ["import awsbase", "from awsbase.scripts import cli; cli.main(['--help'])"])
def test_start_up_is_cheap(line: str) -> None:
    check = (
        "import sys\n"
        "try:\n"
        f"    {line}\n"
        "except SystemExit:\n"
        "    pass\n"
        "heavy = {'boto3', 'botocore', 'pydantic', 'moto', 'rich', 'yaml', 'jinja2', 'grandalf'} & set(sys.modules)\n"
        "sys.exit(f'imported {sorted(heavy)}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
