"""What Sphinx is told; `tools.site` stages the pages beside this file."""

import os

project = "awsbase"
release = version = os.environ["AWSBASE_VERSION"]
extensions = ["myst_parser"]

# The anchors that GitHub gives headings, so that one link works in both.
myst_heading_anchors = 6

html_theme = "furo"
html_title = f"awsbase {release}"
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_last_updated_fmt = None
html_theme_options: dict[str, list[str]] = {"footer_icons": []}
