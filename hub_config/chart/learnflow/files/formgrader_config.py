# The formgrader's own configuration, wherever it is installed in the image.
from learnflow_hub.services import grading_file

load_subconfig(str(grading_file("formgrader_config.py")))  # noqa: F821  (the loader provides it)
