"""What the user writes: one YAML file, checked as a whole before anything happens."""

from awsbase.manifest.load import load, load_text
from awsbase.manifest.manifest import Manifest, fingerprint, outputs, resources
from awsbase.manifest.ways_out import ways_out

__all__ = ["Manifest", "fingerprint", "load", "load_text", "outputs", "resources", "ways_out"]
