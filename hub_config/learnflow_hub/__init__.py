"""Configures JupyterHub for LearnFlow: `from learnflow_hub import course_folder, setup_learnflow`."""

from .bundle import course_folder
from .containers import use_docker, use_kubernetes
from .lti_setup import use_lti
from .setup import setup_learnflow

__all__ = ["course_folder", "setup_learnflow", "use_docker", "use_kubernetes", "use_lti"]
