"""What a command imports: a guard by modules, since seconds differ from machine to machine."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from awsbase import pydantic_plugins
from awsbase.manifest.manifest import Manifest
from tests.golden.documents import MANIFESTS
from tests.scripts.conftest import EMPTY, Served, written

PROBE = """\
import atexit, json, sys
atexit.register(lambda: sys.stderr.write(json.dumps(sorted(sys.modules))))
from awsbase.__main__ import main
main()
"""
# What other commands are for, or nobody.
NEVER = {
    "rich",
    "jinja2",
    "moto",
    "asyncio",
    "webbrowser",
    *(f"awsbase.{name}" for name in ("adopt", "fleet", "report")),
}
RESOURCES = {"boto3", "s3transfer"}
OF_AWS = {"boto3", "botocore", "jmespath", "urllib3", "ssl", "socket", "http", "email", "xml", "multiprocessing"}
# What the baseline leaves out of its sections, or only a mistake needs.
LEFT_OUT = {
    *(f"awsbase.manifest.{name}" for name in ("cost_alarms", "files", "opt_ins", "own_policies", "roles", "trust")),
    *("awsbase.manifest.security_alarms", "awsbase.manifest.zone_merging", "awsbase.policies.grammar"),
    *("awsbase.userdata", "csv", "difflib"),
}
# What is not needed to connect.
BEFORE = {
    "pydantic",
    "yaml",
    "awsbase.manifest.source",
    "awsbase.manifest.load",
    "awsbase.manifest.manifest",
    "awsbase.session",
    "awsbase.access",
}
OF_PACKAGES = {"zipfile", "tempfile", "importlib.metadata", "importlib.resources"}


def imported(environment: dict[str, str], *arguments: object) -> set[str]:
    """Run a command, and return the modules that it has at its end."""
    command = [sys.executable, "-c", PROBE, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return set(json.loads(done.stderr.splitlines()[-1]))


def sections(modules: set[str]) -> set[str]:
    """Return the keys of the manifest whose types are among these modules."""
    return {key for key in Manifest.model_fields if f"awsbase.manifest.{Manifest.modules.get(key, key)}" in modules}


def kinds(modules: set[str]) -> set[str]:
    """Return the kinds that are among these modules."""
    return {name.removeprefix("awsbase.ensure.") for name in modules if name.startswith("awsbase.ensure.")}


@pytest.mark.slow
def test_validate_imports_the_sections_that_a_manifest_has_and_no_more(nobody: dict[str, str]) -> None:
    manifest = MANIFESTS["baseline"]
    modules = imported(nobody, "validate", manifest)
    assert modules & (NEVER | OF_AWS | OF_PACKAGES) == set()
    assert sections(modules) == yaml.safe_load(manifest.read_text()).keys() - {"version"}
    others = {"instance", "nat_route", "vpc", "backup_plan", "detectors", "config_recorders", "smtp_password"}
    beside = {"access_log", "admin_ports", "anomaly_alert", "budget", "event_rule", "launch_template", "metric_filter"}
    merged = {"mfa_device", "organization", "parameter", "secret", "security_hubs", "trusted_service", "zone_records"}
    assert kinds(modules) & (others | beside | merged) == set()
    assert modules & LEFT_OUT == set()


@pytest.mark.parametrize("command", ["plan", "reconcile"])
def test_what_connects_is_imported_before_what_checks_the_manifest(command: str) -> None:
    """Their imports take as long as the handshakes that they run beside."""
    code = (
        f"import sys, awsbase.approach, awsbase.connections, awsbase.scripts.{command}, awsbase.scripts.ahead\n"
        f"print(*({BEFORE!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


@pytest.mark.slow
def test_an_account_alone_imports_no_other_section(nobody: dict[str, str], tmp_path: Path) -> None:
    modules = imported(nobody, "validate", written(tmp_path / "empty.yaml", EMPTY))
    assert sections(modules) == {"account"}
    assert len(kinds(modules)) < 8


@pytest.mark.slow
def test_plan_imports_the_sections_that_a_manifest_has_and_nothing_of_other_commands(
    served: Served, empty: Path
) -> None:
    modules = imported(served.environment, "plan", empty)
    assert modules & (NEVER | RESOURCES) == set()
    assert sections(modules) == {"account"}
    assert len(kinds(modules)) < 8


def test_each_section_is_where_the_manifest_looks_for_it() -> None:
    for key in Manifest.model_fields.keys() - {"version", "account", "extras"}:
        module = importlib.import_module(f"awsbase.manifest.{Manifest.modules.get(key, key)}")
        assert module.__doc__, key
    assert all(Manifest.annotations().values())


def test_pydantic_searches_for_the_plug_ins_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    for given, searches in ((None, False), ("__all__", False), ("", True), ("logfire-plugin", True)):
        monkeypatch.delitem(sys.modules, pydantic_plugins.SEARCHES, raising=False)
        monkeypatch.delenv(pydantic_plugins.VARIABLE, raising=False)
        if given is not None:
            monkeypatch.setenv(pydantic_plugins.VARIABLE, given)
        pydantic_plugins.leave_out()
        assert (pydantic_plugins.SEARCHES not in sys.modules) == searches


def test_what_else_pydantic_wants_of_its_search_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, pydantic_plugins.SEARCHES, raising=False)
    monkeypatch.setenv(pydantic_plugins.VARIABLE, "__all__")
    pydantic_plugins.leave_out()
    from pydantic.plugin._loader import get_plugins

    assert get_plugins() == ()
    from pydantic.plugin._loader import PYDANTIC_ENTRY_POINT_GROUP

    assert PYDANTIC_ENTRY_POINT_GROUP == "pydantic"
    assert Path(sys.modules[pydantic_plugins.SEARCHES].__file__ or "").name == "_loader.py"
