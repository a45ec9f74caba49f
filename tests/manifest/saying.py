"""Helpers that read manifests from text, and return their mistakes as lines."""

from __future__ import annotations

from pathlib import Path

from awsbase.errors import ManifestError
from awsbase.manifest.load import ManifestKind, understand
from awsbase.manifest.source import Source, parse

ACCOUNT = 'version: 1\naccount: {id: "123456789012", name: acme, region: eu-west-1}\n'


def source(text: str | bytes, folder: Path = Path()) -> Source:
    content = text.encode() if isinstance(text, str) else text
    return parse(content, file="m.yaml", folder=folder)


def mistakes(text: str | bytes, kind: type[ManifestKind], folder: Path = Path()) -> list[str]:
    try:
        understand(source(text, folder), kind)
    except ManifestError as error:
        return [str(mistake) for mistake in error.mistakes]
    return []
