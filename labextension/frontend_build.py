"""Builds the front end while the Python package is built, when the built one is missing or older than its sources.

`pyproject.toml` names `build` as the function of the hatch-jupyter-builder hook.
"""

from pathlib import Path

from hatch_jupyter_builder import npm_builder
from hatch_jupyter_builder.utils import is_stale

HERE = Path("labextension")
SOURCES = ("package.json", "schema", "scripts", "src", "style", "tsconfig.json", "yarn.lock")
STRAY = Path("learnflow_ext/labextension/install.json")
"""What pip wrote through the link of `jupyter labextension develop`; the wheel gets this file from here."""
PRODUCTS = (
    "learnflow_ext/labextension/package.json",
    "learnflow_ext/service/static/vendor/htmx.min.js",
    "learnflow_ext/service/static/vendor/redoc.min.js",
    "learnflow_ext/service/static/vendor/vega.min.js",
)


def build(target_name: str, version: str) -> None:
    """Called by the hook in the project's root; `target_name` and `version` are hatch's, and not used here."""
    STRAY.unlink(missing_ok=True)
    if any(is_stale(product, HERE / source) for product in PRODUCTS for source in SOURCES):
        npm_builder(target_name, version, path=str(HERE), build_cmd="build:prod", npm=["jlpm"])
