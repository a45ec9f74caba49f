"""What the user writes: one YAML file, checked as a whole before anything happens."""

from awsbase.manifest.load import load
from awsbase.manifest.manifest import Manifest, fingerprint, resources

__all__ = ["Manifest", "fingerprint", "load", "resources"]
