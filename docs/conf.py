"""The documentation as a site: `make docs`. Nothing is fetched, to make it nor to read it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "site"))

import torch_act

project = "torch-act"
copyright = "the authors of torch-act"
release = version = torch_act.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    # Ours, in docs/site.
    "docstrings",
    "formulas",
    "guides",
    "operator_pages",
]
exclude_patterns = ["site"]
default_role = "code"

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
napoleon_custom_sections = ["Formula", "Domain", "Dtypes", "Differences from torch", "Source"]

# What a terminal showed is not always of a language: then it stands there as it is.
suppress_warnings = ["misc.highlighting_failure"]

html_theme = "furo"
html_title = f"torch-act {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_show_copyright = False
html_copy_source = False
