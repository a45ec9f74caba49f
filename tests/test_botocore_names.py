"""The newest botocore and the lower bound have every client method, paginator and waiter that awsbase names."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from botocore.session import get_session

from tests.botocore_names import missing as missing_here
from tests.conftest import needs

ROOT = Path(__file__).parents[1]
LOWER_BOUND = ROOT / ".venv-lower-bound" / "bin" / "python"
SCRIPT = Path(__file__).with_name("botocore_names.py")
SERVICES = frozenset(get_session().get_available_services())
FACTORIES = {"get_paginator": "paginator", "get_waiter": "waiter"}
# What every client has.
COMMON = {"meta", "exceptions", "can_paginate", "close", *FACTORIES}

Name = tuple[str, str, str]
CLIENT_FUNCTION = re.compile(r"^def \w+\(aws: Aws\) -> Any:$", re.MULTILINE)


@dataclass
class Scan(ast.NodeVisitor):
    """Finds what one file names of AWS's clients: `facts.aws.iam.NAME`, and `iam.NAME` where `iam` is such a client.

    An account's clients are `aws`, `run.aws`, `aws.at(region)`, and the variables that keep one of them.
    """

    found: set[Name] = field(default_factory=set)
    unclear: list[int] = field(default_factory=list)
    _clients: dict[str, str] = field(default_factory=dict)
    """Variables that keep a client, with its service; with "", those that keep an account's clients."""
    _kept: dict[str, str] = field(default_factory=dict)
    """Attributes of `self` that keep a client."""
    _returning: dict[str, str] = field(default_factory=dict)
    """Functions that return a client."""

    def visit_Module(self, node: ast.Module) -> None:
        for each in node.body:
            match each:
                case ast.FunctionDef(name=name, body=[*_, ast.Return(value=ast.Attribute() as value)]):
                    if service := self._client(value):
                        self._returning[name] = service
                case ast.ImportFrom(module=str() as module, names=names) if module.startswith("awsbase."):
                    found = returning(module)
                    self._returning |= {one.asname or one.name: found[one.name] for one in names if one.name in found}
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        outside = self._clients
        arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        # A parameter that is called like a service is its client, unless its type says otherwise.
        clients = {one.arg: one.arg for one in arguments if one.arg in SERVICES and may_be_client(one.annotation)}
        self._clients = {**outside, **clients}
        for _ in range(2):  # a nested function may use a client above the line that assigns it
            self.generic_visit(node)
        self._clients = outside

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for each in node.body:
            match each:
                case ast.AnnAssign(target=ast.Name(id=name)) if name in SERVICES and may_be_client(each.annotation):
                    self._kept[name] = name
                case ast.FunctionDef(name=name, body=[*_, ast.Return(value=ast.expr() as value)]):
                    self._keep(ast.Attribute(ast.Name("self"), name), value)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._keep(target, node.value)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value:
            self._keep(node.target, node.value)
        self.generic_visit(node)

    def _keep(self, target: ast.expr, value: ast.expr) -> None:
        """Remember which clients are kept where."""
        match target, value:
            case ast.Tuple(elts=names), ast.Tuple(elts=values):
                for one, other in zip(names, values, strict=True):
                    self._keep(one, other)
            case ast.Name(id=name), _ if self._account(value):
                self._clients[name] = ""
            case ast.Name(id=name), _ if service := self._client(value):
                self._clients[name] = service
            case ast.Attribute(value=ast.Name(id="self"), attr=name), _ if service := self._client(value):
                self._kept[name] = service

    def visit_Attribute(self, node: ast.Attribute) -> None:
        service = self._client(node.value)
        if service and node.attr not in COMMON:
            self.found.add((service, "method", node.attr))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute) and (kind := FACTORIES.get(node.func.attr)):
            service, (name,) = self._client(node.func.value), node.args
            if service and isinstance(name, ast.Constant):
                self.found.add((service, kind, str(name.value)))
            else:
                self.unclear.append(node.lineno)
        self.generic_visit(node)

    def _client(self, node: ast.expr) -> str | None:
        """Return the service whose client an expression is."""
        if isinstance(node, ast.Name):
            return self._clients.get(node.id) or None
        if isinstance(node, ast.Attribute) and node.attr.removesuffix("_") in SERVICES and self._account(node.value):
            return node.attr.removesuffix("_")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self._returning.get(node.func.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            return self._kept.get(node.attr)
        return None

    def _account(self, node: ast.expr) -> bool:
        """Tell whether an expression is an account's clients."""
        if isinstance(node, ast.Call):
            called = node.func
            at = isinstance(called, ast.Attribute) and called.attr == "at" and self._account(called.value)
            return at or (isinstance(called, ast.Attribute) and called.attr == "connect")
        if isinstance(node, ast.Attribute):
            return node.attr == "aws"
        return isinstance(node, ast.Name) and (node.id == "aws" or self._clients.get(node.id) == "")


def may_be_client(annotation: ast.expr | None) -> bool:
    return annotation is None or (isinstance(annotation, ast.Name) and annotation.id.endswith(("Any", "Client")))


def scanned(source: str) -> Scan:
    scan = Scan()
    scan.visit(ast.parse(source))
    return scan


@cache
def returning(module: str) -> dict[str, str]:
    """Return the functions of a module of ours that return a client, each with its service."""
    file = ROOT / f"{module.replace('.', '/')}.py"
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    # Only such a module has to be scanned: others import in circles.
    return scanned(text)._returning if CLIENT_FUNCTION.search(text) else {}


@cache
def named() -> tuple[Name, ...]:
    """Return all that the package names, but for the sandbox, which is AWS itself, and the hands of samples."""
    found: set[Name] = set()
    for file in sorted((ROOT / "awsbase").rglob("*.py")):
        if not {"sandbox", "samples"} & set(file.relative_to(ROOT).parts):
            scan = scanned(file.read_text(encoding="utf-8"))
            assert scan.unclear == [], f"{file}: whose paginator or waiter is it?"
            found |= scan.found
    return tuple(sorted(found))


def missing(python: str | Path) -> list[Name]:
    """Ask the botocore of another Python what it does not have."""
    asked = subprocess.run(
        [python, SCRIPT], input=json.dumps(named()), capture_output=True, text=True, check=True, timeout=120
    )
    return [(service, kind, name) for service, kind, name in json.loads(asked.stdout)]


def test_names_are_found_wherever_a_client_is_kept() -> None:
    source = """
def fact(facts, region):
    iam, ec2 = facts.aws.iam, facts.aws.at(region).ec2
    iam.get_paginator("list_users").paginate()
    there = facts.aws.at(region)
    there.ssm.get_parameter(Name="x")
    return [ec2.describe_vpcs(), other.create_tags]

def helper(kms):
    def inside():
        return sns.publish
    sns = run.aws.sns
    kms.get_waiter("ready")
"""
    assert sorted(scanned(source).found) == [
        ("ec2", "method", "describe_vpcs"),
        ("iam", "paginator", "list_users"),
        ("kms", "waiter", "ready"),
        ("sns", "method", "publish"),
        ("ssm", "method", "get_parameter"),
    ]
    assert scanned("def f(client): return client.get_paginator('list_x')").unclear == [1, 1]


def test_the_scan_sees_what_recipes_call() -> None:
    found: dict[str, set[str]] = {}
    for service, _, _ in named():
        found.setdefault(service, set())
    for service, _, name in named():
        found[service].add(name)
    assert {"cloudtrail", "ec2", "iam", "kms", "logs", "s3", "secretsmanager", "sns", "sts"} <= set(found)
    assert {"create_role", "list_roles"} <= found["iam"]
    assert len(named()) > 200


def test_the_newest_botocore_has_every_name() -> None:
    assert missing(sys.executable) == []


@needs(LOWER_BOUND)
def test_the_lower_bound_of_botocore_has_every_name() -> None:
    assert missing(LOWER_BOUND) == []


@needs(LOWER_BOUND)
def test_the_second_environment_has_the_lower_bound() -> None:
    (bound,) = re.findall(r"^    botocore>=([\d.]+)", (ROOT / "setup.cfg").read_text(), re.MULTILINE)
    version = "import botocore; print(botocore.__version__)"
    assert (
        subprocess.run([LOWER_BOUND, "-c", version], capture_output=True, text=True, check=True).stdout.strip() == bound
    )


@pytest.mark.parametrize(
    "name", [("iam", "method", "create_rolle"), ("secretsmanager", "paginator", "list_secret_version_ids")]
)
def test_a_name_that_is_not_there_is_missing(name: Name) -> None:
    assert missing_here([list(name), ["iam", "method", "create_role"]]) == [list(name)]
