"""What the user writes: one YAML file, checked as a whole before anything happens."""

from awsbase.manifest.load import load
from awsbase.manifest.manifest import Manifest, fingerprint, outputs, resources
from awsbase.manifest.ways_out import ways_out

__all__ = ["Manifest", "fingerprint", "load", "outputs", "resources", "ways_out"]
