"""Schedule expressions, as EventBridge and its Scheduler check them."""

import re

RATE = re.compile(r"rate\(([1-9]\d*) (minute|hour|day)(s?)\)")
CRON = re.compile(r"cron\(([^()]*)\)")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
FIELDS: tuple[tuple[int, int, tuple[str, ...]], ...] = (
    (0, 59, ()),
    (0, 23, ()),
    (1, 31, ()),
    (1, 12, MONTHS),
    (1, 7, DAYS),
    (1970, 2199, ()),
)


def valid_rate(words: str) -> bool:
    """Tell whether an expression is a rate: one minute, two hours."""
    return bool((found := RATE.fullmatch(words)) and (found[1] == "1") != bool(found[3]))


def valid_cron(words: str) -> bool:
    """Tell whether an expression is a cron expression of six fields, with a `?` for the day that does not count."""
    found = CRON.fullmatch(words)
    fields = found[1].split(" ") if found else []
    if len(fields) != len(FIELDS) or (fields[2] == "?") == (fields[4] == "?"):
        return False
    return all(_field(field, *bounds) for field, bounds in zip(fields, FIELDS, strict=True))


def _field(field: str, lowest: int, highest: int, names: tuple[str, ...]) -> bool:
    if field in ("*", "?"):
        return True
    for each in field.split(","):
        # 0/15 begins at 0; 6L is the last Friday, 3W the weekday nearest the third, SAT#3 the third Saturday.
        bare = re.sub(r"/\d+$|#[1-5]$|(?<=\d)[LW]$", "", each)
        if bare in ("*", "L", "LW"):
            continue
        for end in bare.split("-"):
            if end not in names and not (end.isdigit() and lowest <= int(end) <= highest):
                return False
    return True
