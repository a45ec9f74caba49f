"""What an account gives to Terraform and to scripts, as JSON, variables, exports or data sources."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count, groupby
from typing import Literal

from awsbase.manifest.outputs import Output
from awsbase.records import record

Format = Literal["json", "tfvars", "env", "tf"]
Value = str | list[str] | dict[str, str]


@record
class Given:
    """An output with its value, or without one: then `why` says why not."""

    output: Output
    value: str | None
    why: str = ""


def values(given: Sequence[Given]) -> dict[str, Value]:
    """Return the values by name: text, a list, or a map; what is not there is left out."""
    found: dict[str, Value] = {}
    for each in given:
        name, key, value = each.output.name, each.output.key, each.value
        if value is None:
            continue
        if each.output.listed:
            listed = found.setdefault(name, [])
            assert isinstance(listed, list)
            listed.append(value)
        elif key is not None:
            named = found.setdefault(name, {})
            assert isinstance(named, dict)
            named[key] = value
        else:
            found[name] = value
    return found


def render(style: Format, given: Sequence[Given]) -> str:
    """Return outputs as a text that ends with a line break."""
    match style:
        case "json":
            return json.dumps(values(given), indent=2, ensure_ascii=False) + "\n"
        case "tfvars":
            return "".join(assignments(values(given)))
        case "env":
            return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in exports(values(given)))
        case "tf":
            return "\n".join(data_sources(given))


def render_accounts(style: Format, accounts: Mapping[str, Sequence[Given]]) -> str:
    """Return the outputs of several accounts, each below its name; exports and data sources are those of one."""
    if style in ("env", "tf"):
        return "".join(render(style, given) for given in accounts.values())
    found = {name: values(given) for name, given in accounts.items()}
    if style == "json":
        return json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    return "\n".join(hcl_object(name, each) for name, each in found.items())


def hcl_object(name: str, found: Mapping[str, Value]) -> str:
    """Return the values of an account as one value of Terraform's language, an object."""
    lines = "".join(f"  {line}" for text in assignments(found) for line in text.splitlines(keepends=True))
    return f"{name} = {{\n{lines}}}\n"


def assignments(found: Mapping[str, Value]) -> Iterator[str]:
    """Yield a line for each value, aligned as `terraform fmt` does: lines in a row that hold no map."""
    for is_map, several in groupby(found.items(), key=lambda each: isinstance(each[1], dict)):
        row = dict(several)
        width = 1 if is_map else max(map(len, row))
        yield from (f"{name:{width}} = {hcl(value)}\n" for name, value in row.items())


def hcl(value: Value) -> str:
    """Return a value in Terraform's language: JSON is valid there, but for its templates."""
    if isinstance(value, dict):
        width = max(map(len, map(hcl, value)), default=0)
        lines = "".join(f"  {hcl(key):{width}} = {hcl(each)}\n" for key, each in value.items())
        return f"{{\n{lines}}}" if lines else "{}"
    if isinstance(value, list):
        return f"[{', '.join(hcl(each) for each in value)}]"
    return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def exports(found: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    """Yield the names and values of environment variables: one for each text and each entry of a map."""
    taken: set[str] = set()
    for name, value in found.items():
        if isinstance(value, dict):
            for key, each in value.items():
                yield free(f"{variable(name)}_{variable(key)}", taken), each
        else:
            yield free(variable(name), taken), ",".join(value) if isinstance(value, list) else value


def variable(name: str) -> str:
    """Return a name as an environment variable: `acme/database` is ACME_DATABASE."""
    return re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")


def free(name: str, taken: set[str]) -> str:
    """Return a name that is not taken, numbered if need be, and take it."""
    numbered = next(each for each in chain([name], (f"{name}_{number}" for number in count(2))) if each not in taken)
    taken.add(numbered)
    return numbered


def data_sources(given: Sequence[Given]) -> Iterator[str]:
    """Yield a data source of Terraform for each thing that has one, each under a name of its own."""
    taken: dict[str, set[str]] = {}
    for each in given:
        if each.value is None or each.output.data is None:
            continue
        kind, argument = each.output.data
        wanted = re.sub(r"^(?=\d)|\W", "_", each.output.key or each.output.name)
        label = free(wanted, taken.setdefault(kind, set()))
        value = each.value.rpartition("/")[2] if (kind, argument) == ("aws_iam_role", "name") else each.value
        yield f'data "{kind}" "{label}" {{\n  {argument} = {hcl(value)}\n}}\n'
