"""The password of SES's SMTP interface, which follows from the secret key of an IAM user, and differs by region.

https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html#smtp-credentials-convert
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from hashlib import sha256

VERSION = b"\x04"
# AWS signs for no day in particular: the password is for as long as the key is.
MESSAGES = ("11111111", "{region}", "ses", "aws4_request", "SendRawEmail")
# Port 25 is throttled on EC2, and 465 has no plain beginning.
PORT = 587


def password(secret_key: str, region: str) -> str:
    """Return the SMTP password of a secret key in a region."""
    signature = f"AWS4{secret_key}".encode()
    for message in MESSAGES:
        signature = hmac.digest(signature, message.format(region=region).encode(), sha256)
    return b64encode(VERSION + signature).decode()


def host(region: str) -> str:
    """Return the name of SES's SMTP server in a region."""
    return f"email-smtp.{region}.amazonaws.com"
