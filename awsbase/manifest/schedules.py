"""Times and days as a manifest writes them."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from awsbase.manifest.paths import shown
from awsbase.manifest.section import invalid

DAYS = {
    "monday": "MON",
    "tuesday": "TUE",
    "wednesday": "WED",
    "thursday": "THU",
    "friday": "FRI",
    "saturday": "SAT",
    "sunday": "SUN",
}
Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def time(value: str) -> str:
    """Accept a time of day; raises PydanticCustomError for any other."""
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        raise invalid(f"{shown(value)} is no time of day", 'write it as "03:00", in quotes')
    return value


Time = Annotated[str, AfterValidator(time), Field(json_schema_extra={"pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"})]
