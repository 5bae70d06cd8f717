"""How Sphinx makes the site from the pages in this folder: `make docs`."""

from learnflow_ext import __version__

project = "LearnFlow"
author = "LearnFlow contributors"
copyright = author
version = release = __version__

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
# Headings can be linked to as on the repository's own pages: `grading.md#in-one-minute`.
myst_heading_anchors = 4
nitpicky = True

html_theme = "pydata_sphinx_theme"
html_title = "LearnFlow"
html_copy_source = False
html_show_sphinx = False
# A reader's browser asks nobody but the site itself.
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "navbar_end": ["theme-switcher"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
