"""Ask PMapper who can become an administrator: run by the Python of its own environment, on what `mapped` hands in."""

from __future__ import annotations

import collections
import collections.abc
import importlib
import json
import logging
import sys
from typing import Any

SERVICES = ("autoscaling", "cloudformation", "codebuild", "ec2", "iam", "lambda", "sagemaker", "ssm", "sts")

# What PMapper asks for beside IAM: none of it runs yet.
RUNNING = {
    "autoscaling": "launch_configs",
    "cloudformation": "stack_list",
    "codebuild": "codebuild_projects",
    "lambda": "function_list",
}


class Iam:
    """The calls of IAM that PMapper makes, answered from an account that was handed in."""

    def __init__(self, details: Any) -> None:
        self.details = details

    def get_paginator(self, name: str) -> Any:
        pages = [self.details] if name == "get_account_authorization_details" else [{"VirtualMFADevices": []}]
        return type("Pages", (), {"paginate": lambda self, **_: pages})()

    def list_access_keys(self, **_: str) -> Any:
        return {"AccessKeyMetadata": [{}]}

    def get_login_profile(self, **_: str) -> Any:
        return {"LoginProfile": {}}

    def list_mfa_devices(self, **_: str) -> Any:
        return {"MFADevices": [{}]}


def found(details: Any) -> dict[str, Any]:
    """Return who is an administrator, and whom each other user reaches, with the way."""
    gathering, common, queries = (
        importlib.import_module(f"principalmapper.{name}")
        for name in ("graphing.gathering", "common", "querying.query_utils")
    )
    nodes = gathering.get_nodes_groups_and_policies(Iam(details))["nodes"]
    gathering.update_admin_status(nodes)
    edges = [edge for service in SERVICES for edge in edges_of(service, nodes)]
    graph = common.Graph(nodes, edges, [], [], {"account_id": "123456789012", "pmapper_version": version()})
    users = [node for node in nodes if ":user/" in node.arn and not node.is_admin]
    return {
        "administrators": sorted(name(node) for node in nodes if node.is_admin),
        "reached": {
            name(user): sorted(
                {f"{name(path[-1].destination)}: {path[-1].reason}" for path in queries.get_search_list(graph, user)}
            )
            for user in users
        },
    }


def edges_of(service: str, nodes: Any) -> Any:
    """Return the edges of one service, of which nothing runs yet."""
    module = importlib.import_module(f"principalmapper.graphing.{service}_edges")
    return module.generate_edges_locally(nodes, **{RUNNING[service]: []} if service in RUNNING else {})


def name(node: Any) -> str:
    """Return the name of a user or a role, with its kind."""
    return str(node.arn.rpartition(":")[2])


def version() -> str:
    """Return the version of PMapper."""
    return str(importlib.import_module("principalmapper").__version__)


if __name__ == "__main__":
    # PMapper 1.1.5 is of 2022, and imports what Python 3.10 has moved.
    for each in ("Mapping", "MutableMapping"):
        setattr(collections, each, getattr(collections.abc, each))
    logging.disable()
    accounts = json.load(sys.stdin)
    json.dump({"pmapper": version(), **{key: found(details) for key, details in accounts.items()}}, sys.stdout)
