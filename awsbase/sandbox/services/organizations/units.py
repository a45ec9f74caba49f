"""Organizational units: names are unique below a parent, five levels at most, and only an empty one goes."""

from typing import Any

from awsbase.sandbox.organization_state import organization, path, target, units
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.services.organizations.refusals import LIMITS, constraint
from awsbase.sandbox.wire import Refusal

# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
DEPTH, MOST = 5, 2000


def room(request: Request) -> None:
    """Refuse a unit below nothing, of a name that is taken there, too deep, or one too many.

    Raises Refusal with ParentNotFoundException, DuplicateOrganizationalUnitException or ConstraintViolationException.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateOrganizationalUnit.html
    """
    held, parent = organization(request.sandbox, request.region), request.params["ParentId"]
    if parent not in units(held):
        raise Refusal("ParentNotFoundException", "You specified parent that doesn't exist.")
    free_name(held, parent, request.params["Name"])
    # The root is no level of its own.
    if len(path(held, parent)) > DEPTH:
        raise constraint("OU_DEPTH_LIMIT_EXCEEDED", "You can't create a unit that many levels below the root.")
    if len(held.ou) > MOST:
        raise constraint("OU_NUMBER_LIMIT_EXCEEDED", f"{LIMITS} for organizational units.")


def rename(request: Request) -> dict[str, Any]:
    """Rename a unit; its name has to be free below its own parent alone, where moto looks everywhere.

    Raises Refusal with OrganizationalUnitNotFoundException or DuplicateOrganizationalUnitException.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_UpdateOrganizationalUnit.html
    """
    held, id = organization(request.sandbox, request.region), request.params["OrganizationalUnitId"]
    unit, name = units(held).get(id), request.params.get("Name")
    if unit is None:
        raise no_unit()
    if name and name != unit.name:
        free_name(held, unit.parent_id, name)
        unit.name = name
    described: dict[str, Any] = unit.describe()
    return described


def empty(request: Request) -> None:
    """Refuse to delete a unit with something in it.

    Raises Refusal with OrganizationalUnitNotFoundException or OrganizationalUnitNotEmptyException.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_DeleteOrganizationalUnit.html
    """
    held, id = organization(request.sandbox, request.region), request.params["OrganizationalUnitId"]
    if id not in units(held):
        raise no_unit()
    if any(each.parent_id == id for each in (*held.ou, *held.accounts)):
        raise Refusal("OrganizationalUnitNotEmptyException", "You can't delete a unit that still contains something.")


def forget_attachments(request: Request) -> None:
    """Let policies no longer be attached to a unit that goes, which moto forgets.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_DeleteOrganizationalUnit.html
    """
    held = organization(request.sandbox, request.region)
    unit = units(held).get(request.params["OrganizationalUnitId"]) if held else None
    if unit:
        for policy in unit.attached_policies:
            policy.attachments.remove(unit)
        unit.attached_policies = []


def known_child(request: Request) -> None:
    """Refuse to look for the parent of what is not there; raises Refusal with ChildNotFoundException.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListParents.html
    """
    if target(organization(request.sandbox, request.region), request.params["ChildId"]) is None:
        raise Refusal("ChildNotFoundException", "You specified a child that doesn't exist.")


def free_name(held: Any, parent: str, name: str) -> None:
    """Refuse a name that another unit of the parent has; raises Refusal."""
    if any(unit.parent_id == parent and unit.name == name for unit in held.ou):
        raise Refusal(
            "DuplicateOrganizationalUnitException",
            "An OU with the same name already exists in the specified parent.",
        )


def no_unit() -> Refusal:
    """Return the refusal of a unit that is not there."""
    return Refusal("OrganizationalUnitNotFoundException", "You specified an organizational unit that doesn't exist.")


RULES = (
    Rule("organizations:CreateOrganizationalUnit", before=room),
    Rule("organizations:UpdateOrganizationalUnit", before=rename),
    Rule("organizations:DeleteOrganizationalUnit", before=empty),
    Rule("organizations:DeleteOrganizationalUnit", before=forget_attachments, strict=False),
    Rule("organizations:ListParents", before=known_child),
)
