"""Parameter Store: what names are reserved, how deep they go, how much a value holds, and what cannot be changed."""

import re

from awsbase.sandbox.rule import Ask, Refusal, Rule

NAME = re.compile(r"/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")
NESTED = re.compile(r"\{\{.*\}\}", re.DOTALL)
LEVELS = 15
BYTES = {"Standard": 4096, "Advanced": 8192}


def allowed_name(ask: Ask) -> None:
    """Refuse a name that AWS keeps for itself, and one that no parameter may have."""
    name = ask.params["Name"]
    bare = name.removeprefix("/").lower()
    if bare.startswith("aws"):
        # Also /awsome/x: the reserved prefix is letters, not a level.
        raise Refusal("AccessDeniedException", f"No access to reserved parameter name: {name.removeprefix('/')}.")
    if bare.startswith("ssm") or not NAME.fullmatch(name):
        raise Refusal(
            "ValidationException",
            'Parameter name: can\'t be prefixed with "ssm" (case-insensitive), and has letters, numbers and .-_ only.',
        )
    if "/" in name and not name.startswith("/"):
        raise Refusal("ValidationException", "Parameter name must be a fully qualified name.")
    if name.count("/") > LEVELS:
        raise Refusal("HierarchyLevelLimitExceededException", f"A hierarchy can have at most {LEVELS} levels.")


def allowed_value(ask: Ask) -> None:
    """Refuse a value that is too long for its tier or nests another one, and a change of type or down in tier."""
    held = ask.backend("ssm").get_parameter(ask.params["Name"]) if ask.params.get("Overwrite") else None
    if held and ask.params.get("Type", held.parameter_type) != held.parameter_type:
        raise Refusal("HierarchyTypeMismatchException", "The type of a parameter can't be changed.")
    if NESTED.search(ask.params["Value"]):
        raise Refusal("ValidationException", 'Parameter value can\'t nest another parameter. Do not use "{{}}" in it.')

    size, advanced = len(ask.params["Value"].encode()), held is not None and held.tier == "Advanced"
    tier = ask.params.get("Tier") or ("Advanced" if advanced else "Standard")
    if tier == "Intelligent-Tiering":
        tier = ask.params["Tier"] = "Advanced" if advanced or size > BYTES["Standard"] else "Standard"
    if advanced and tier == "Standard":
        raise Refusal("ValidationException", "You can't downgrade a parameter from the advanced to the standard tier.")
    if size > BYTES[tier]:
        raise Refusal("ValidationException", f"{tier} tier parameters support at most {BYTES[tier]} characters.")


def whole_path(ask: Ask) -> None:
    """Refuse a path that does not begin at the root."""
    if not ask.params["Path"].startswith("/"):
        raise Refusal("ValidationException", 'The parameter path must begin with a forward slash "/".')


RULES = (
    Rule("ssm:PutParameter ssm:DeleteParameter", before=allowed_name),
    Rule("ssm:PutParameter", before=allowed_value),
    Rule("ssm:GetParametersByPath", before=whole_path),
)
