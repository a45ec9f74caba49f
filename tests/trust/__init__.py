"""What a run may do in silence, and what needs approval: edits of manifests, each planned in an account as it was."""
