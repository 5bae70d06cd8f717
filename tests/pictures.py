"""Put the screens that the browser tests photographed into the documentation: `make pictures`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MADE = ROOT / "test-results"
SHOWN = ROOT / "docs" / "images"
PICTURES = {
    "alerts.png": "service/page-courses-python-basics-alerts-light.png",
    "dashboard.png": "e2e/dashboard.png",
    "errors.png": "service/page-courses-python-basics-errors-light.png",
    "explain.png": "e2e/explain.png",
    "feedback.png": "e2e/feedback.png",
    "my-progress.png": "e2e/my-progress-light.png",
    "visualize.png": "e2e/visualize.png",
}
"""Name in the documentation: what a browser test made, below `test-results`."""


def main() -> int:
    """Copy all of them, or none: exit code 1 when a test that makes one did not run."""
    missing = sorted(made for made in PICTURES.values() if not (MADE / made).is_file())
    if missing:
        print(f"Not made: {', '.join(missing)}. Run the browser tests first.", file=sys.stderr)
        return 1
    for shown, made in PICTURES.items():
        shutil.copyfile(MADE / made, SHOWN / shown)
    print(f"{len(PICTURES)} pictures are in {SHOWN.relative_to(ROOT)}. Look at each before you commit it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
