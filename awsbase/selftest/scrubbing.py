"""What AWS answered, without anything of whose account it was: the same thing has the same stand-in throughout.

Secrets are left out by what AWS's models call sensitive, and by name. Ids, keys, addresses and names of others go by
their shape, names of samples come back as the samples say them.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Mapping
from datetime import datetime
from ipaddress import IPv6Address
from typing import Any
from urllib.parse import quote, unquote

from awsbase.engine.lock import PATH
from awsbase.samples.sample import HOME
from awsbase.selftest.naming import Naming

GONE = "(left out)"
# What no model of AWS calls sensitive, and lets somebody in nevertheless.
SECRET = frozenset(
    {
        *("accesskey", "accesskeyid", "authenticationcode1", "authenticationcode2", "authorizationtoken"),
        *("base32stringseed", "ciphertextblob", "keymaterial", "newpassword", "oldpassword", "password"),
        *("plaintext", "privatekey", "qrcodepng", "secretaccesskey", "secretbinary", "secretstring"),
        *("servicepassword", "serviceusername", "sessiontoken", "sshpublickeybody", "userdata"),
    }
)
# What AWS's models call sensitive, and only says which key something is encrypted with.
KEY_NAMES = frozenset({"kmskeyid", "kmsmasterkeyid", "ssekmskeyid"})
MAIL = r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}"
UUID = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
IPV4 = r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"
IPV6 = r"(?<![0-9A-Za-z:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![0-9A-Za-z:])"
# In the order in which they are looked for: the longer first.
SHAPES: Mapping[str, re.Pattern[str]] = {
    "signature": re.compile(r"(?<=[?&])X-Amz-[A-Za-z-]+=[^&\s\"]+"),
    # Secrets Manager ends the ARN of a secret with six characters of its own.
    "secret": re.compile(r":secret:[\w/+=.@-]+-[A-Za-z0-9]{6}(?!\w)"),
    "mail": re.compile(MAIL),
    "uuid": re.compile(rf"(?:mrk-)?{UUID}|mrk-[0-9a-f]{{32}}", re.IGNORECASE),
    "key": re.compile(r"\b(?:AKIA|ASIA|AIDA|AROA|AGPA|ANPA|AIPA|ANVA|ASCA|APKA|ACCA|ABIA)[A-Z0-9]{12,}\b"),
    "organization": re.compile(r"\b(?:o|r|ou)-[a-z0-9]{4,32}(?:-[a-z0-9]{8,32})?\b"),
    "id": re.compile(r"(?<![A-Za-z0-9])[a-z]{1,12}(?:-[a-z]{1,12}){0,2}-(?=[0-9a-f]*\d)[0-9a-f]{8,17}(?![A-Za-z0-9])"),
    "hex": re.compile(r"(?<![A-Za-z0-9])[0-9a-f]{32,}(?![A-Za-z0-9])"),
    "token": re.compile(
        r"(?<![A-Za-z0-9+/=_-])(?=[a-z0-9+/_-]*[A-Z])(?=[A-Z0-9+/_-]*[a-z])(?=[A-Za-z+/_-]*\d)"
        r"[A-Za-z0-9+/_-]{40,}={0,2}(?![A-Za-z0-9+/=_-])"
    ),
    "ipv4": re.compile(IPV4),
    "ipv6": re.compile(IPV6),
    "account": re.compile(r"(?<![0-9])\d{12}(?![0-9])"),
}
# Networks that are in every account, in the samples, or in documentation.
PUBLIC_NETWORKS = re.compile(r"(0|127|10|172\.31|192\.168|192\.0\.2|198\.51\.100|203\.0\.113|169\.254|255)\b")


class Scrubber:
    """Replaces what tells whose account something is from; the same by the same, in all that it is given."""

    def __init__(self) -> None:
        self._stand_ins: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._names: set[str] = set()
        self._own = ""
        self._guard = threading.Lock()

    def hide(self, names: Iterable[str]) -> None:
        """Replace these names from now on; very short ones would be in every word."""
        self._names |= {name for name in names if len(name) > 2}

    def keep(self, texts: Iterable[str]) -> None:
        """Keep from now on what stands in these texts: a sample says it, and everybody can read that."""
        self._own = "\n".join(texts)

    def scrub(self, value: Any, shape: Any, naming: Naming, *, name: str = "") -> Any:
        """Return a value as it may be shown; `shape` is AWS's model of it, None where there is none."""
        if is_secret(name, shape) and not (isinstance(value, str) and self._is_own(name, naming.here(value))):
            return GONE
        if isinstance(value, Mapping):
            return {
                self.text(str(key), naming): self.text(each, naming)
                if key == "Value" and is_plain(value)
                else self.scrub(each, part(shape, key), naming, name=str(key))
                for key, each in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.scrub(each, getattr(shape, "member", None), naming) for each in value]
        if isinstance(value, datetime):
            return value
        if isinstance(value, bytes):
            # The report of IAM's credentials: who there is, and since when they have passwords and keys.
            report = name == "Content" and value.startswith(b"user,")
            return {"__class__": "bytes", "text": self.text(value.decode(), naming)} if report else GONE
        return self.text(value, naming) if isinstance(value, str) else value

    def text(self, text: str, naming: Naming) -> str:
        """Return a text as it may be shown; a document in it is taken apart first."""
        if text.startswith(("{", "[")) and (document := parsed(text)) is not None:
            return json.dumps(self.scrub(document, None, naming))
        # IAM writes its policies as they are in an address.
        if text.startswith("%7B") and (document := parsed(unquote(text))) is not None:
            return quote(json.dumps(self.scrub(document, None, naming)))
        text = naming.here(text)
        for name in sorted(set(naming.others(text))):
            text = text.replace(name, self._stand_in("earlier", name))
        for name in sorted(self._names, key=len, reverse=True):
            text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", self._stand_in("name", name), text)
        for kind, pattern in SHAPES.items():
            text = pattern.sub(lambda found, kind=kind: self._shown(kind, found[0]), text)  # type: ignore[misc]
        return text

    def _is_own(self, name: str, text: str) -> bool:
        """Tell whether a text is no secret: a name of a key, or what the sample says itself."""
        return name.lower() in KEY_NAMES or (name.lower() not in SECRET and text.strip() in self._own.split("\n"))

    def _shown(self, kind: str, found: str) -> str:
        if found in self._own:
            return found
        if kind == "account":
            return HOME.account if found == HOME.account else self._stand_in(kind, found)
        if kind == "mail" and found.endswith(".example"):
            return found
        if (kind == "ipv4" and PUBLIC_NETWORKS.match(found)) or (kind == "ipv6" and not is_address(found)):
            return found
        return self._stand_in(kind, found)

    def _stand_in(self, kind: str, found: str) -> str:
        with self._guard:
            if found in self._stand_ins.values():
                return found
            if found not in self._stand_ins:
                number = self._counts[kind] = self._counts.get(kind, 0) + 1
                self._stand_ins[found] = stand_in(kind, found, number)
            return self._stand_ins[found]


def stand_in(kind: str, found: str, number: int) -> str:
    """Return what stands for something of a kind: of the same shape, so that whoever reads it takes it."""
    match kind:
        case "secret":
            return f"{found[:-6]}{number:06}"
        case "mail":
            return f"mail-{number}@elsewhere.example"
        case "uuid":
            return f"00000000-0000-4000-8000-{number:012x}"
        case "key":
            return f"{found[:4]}{'EXAMPLE':<7}{number:0{len(found) - 11}}"
        case "organization":
            return f"{found.partition('-')[0]}-example{number:05}"
        case "id":
            prefix, _, tail = found.rpartition("-")
            return f"{prefix}-{number:0{len(tail)}x}"
        case "hex" | "token":
            return f"{number:0{len(found)}x}"[: max(len(found), 1)]
        case "ipv4":
            return f"198.51.100.{number % 256}"
        case "ipv6":
            return f"2001:db8:{number:x}::"
        case "account":
            return f"{999_999_999_999 - number}"
        case _:
            return f"{kind}-{number}"


def is_address(text: str) -> bool:
    """Tell whether a text is an IPv6 address, and not a time, nor all of them."""
    try:
        return int(IPv6Address(text)) != 0
    except ValueError:
        return False


def is_secret(name: str, shape: Any) -> bool:
    """Tell whether a value lets somebody in, by its name or by AWS's model."""
    return name.lower() in SECRET or bool(getattr(shape, "metadata", {}).get("sensitive"))


def is_plain(value: Mapping[str, Any]) -> bool:
    """Tell whether a parameter is no secret: AWS calls the value of each one sensitive, and awsbase compares some.

    The lock says who runs awsbase, and where.
    """
    named = str(value.get("Name", ""))
    return value.get("Type") in ("String", "StringList") and bool(named) and not named.startswith(PATH)


def part(shape: Any, key: object) -> Any:
    """Return the model of a part of a value."""
    if shape is None:
        return None
    return shape.members.get(key) if shape.type_name == "structure" else getattr(shape, "value", None)


def parsed(text: str) -> Any:
    """Return the document that a text is; None when it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None
