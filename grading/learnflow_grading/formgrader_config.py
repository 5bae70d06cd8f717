"""Configuration file of a course's formgrader service: `jupyterhub-singleuser --config=<this file>`.

The environment names the course: LEARNFLOW_COURSE, LEARNFLOW_COURSE_ROOT, LEARNFLOW_EXCHANGE_ROOT.
"""

import os
from pathlib import Path

from learnflow_grading.formgrader import configure

configure(
    globals()["get_config"](),  # traitlets puts it here when it runs this file
    os.environ["LEARNFLOW_COURSE"],
    Path(os.environ["LEARNFLOW_COURSE_ROOT"]),
    Path(os.environ["LEARNFLOW_EXCHANGE_ROOT"]),
)
