"""The work on one account as JSON: what to do there, how to reach it, and its manifest. It holds no credentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from awsbase import __version__
from awsbase.engine.changes import Mode
from awsbase.errors import UsageError
from awsbase.manifest.loaded import LoadedManifest, loaded_manifest, plan_fingerprint
from awsbase.manifest.named_files import named_files
from awsbase.organization.load import Member, Organization
from awsbase.organization.reach import Route, route
from awsbase.records import record

SCHEMA = "awsbase.fleet.item/1"
HINT = "give it as the engine of the fleet wrote it"


@record
class Item:
    """What is to be done with one account.

    `approved` is the plan that must not be exceeded, and `allow_risky` whether somebody has approved what is risky.
    `patience` is for how many seconds to wait for the account's lock.
    """

    run: str
    mode: Mode
    route: Route
    manifest: str = field(repr=False)
    files: Mapping[str, str] = field(repr=False)
    fingerprint: str
    only: tuple[str, ...] = ()
    approved: Mapping[str, Any] | None = field(default=None, repr=False)
    allow_risky: bool = False
    patience: float = 0.0
    version: str = __version__

    @property
    def account(self) -> str:
        """Return the name of the account in the organization file."""
        return self.route.name

    @property
    def id(self) -> str:
        return self.route.id

    def document(self) -> dict[str, Any]:
        """Return the item as JSON values."""
        return {
            "schema": SCHEMA,
            "run": self.run,
            "mode": self.mode,
            "account": self.account,
            "id": self.id,
            "manifest": self.manifest,
            "files": dict(self.files),
            "fingerprint": self.fingerprint,
            "version": self.version,
            "reach": {
                "region": self.route.region,
                "profile": self.route.profile,
                "roles": list(self.route.roles),
                "source_identity": self.route.run,
            },
            "only": list(self.only),
            "approved": self.approved,
            "allow_risky": self.allow_risky,
            "patience": self.patience,
        }


def loaded_member(organization: Organization, member: Member) -> LoadedManifest:
    """Return the manifest of an account with its resources; raises UsageError when they depend on one another."""
    return loaded_manifest(f"{organization.file} (accounts.{member.name})", member.manifest)


def item_of(
    organization: Organization,
    member: Member,
    run: str,
    mode: Mode,
    *,
    only: tuple[str, ...] = (),
    approved: Mapping[str, Any] | None = None,
    allow_risky: bool = False,
    patience: float = 0.0,
) -> Item:
    """Return the work on one account of an organization file."""
    return replace(
        bare_item(organization, member, run, mode, only),
        manifest=member.text,
        files=named_files(member.manifest),
        approved=approved,
        allow_risky=allow_risky,
        patience=patience,
    )


def bare_item(organization: Organization, member: Member, run: str, mode: Mode, only: tuple[str, ...] = ()) -> Item:
    """Return an item without its manifest, which tells what is to be done and cannot be carried out."""
    return Item(run, mode, route(organization, member), "", {}, plan_fingerprint(member.manifest), only)


def read_item(value: object) -> Item:
    """Return the item that JSON values describe; raises UsageError for anything else."""
    if not isinstance(value, Mapping) or value.get("schema") != SCHEMA:
        raise UsageError(f"this is no item of a fleet: its schema is not {SCHEMA}", hint=HINT)
    try:
        return _item(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"this item of a fleet is not complete: {error}", hint=HINT) from None


def _item(value: Mapping[str, Any]) -> Item:
    reach, mode = value["reach"], text(value["mode"])
    if mode not in ("plan", "reconcile"):
        raise ValueError(f"its mode is {mode!r}")
    return Item(
        run=text(value["run"]),
        mode="plan" if mode == "plan" else "reconcile",
        route=Route(
            text(value["account"]),
            text(value["id"]),
            text(reach["region"]),
            optional(reach["profile"]),
            tuple(map(text, reach["roles"])),
            optional(reach["source_identity"]),
        ),
        manifest=text(value["manifest"]),
        files={text(name): text(content) for name, content in value["files"].items()},
        fingerprint=text(value["fingerprint"]),
        only=tuple(map(text, value.get("only", ()))),
        approved=value.get("approved"),
        allow_risky=value.get("allow_risky", False) is True,
        patience=float(value.get("patience", 0)),
        version=text(value["version"]),
    )


def text(value: object) -> str:
    """Return a text; raises TypeError for anything else."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def optional(value: object) -> str | None:
    """Return a text, or None where there is none; raises TypeError for anything else."""
    return None if value is None else text(value)
