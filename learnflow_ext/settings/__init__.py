"""The settings of a LearnFlow deployment, as traits of `jupyterhub_config.py`.

The hub, the service and the command line read the same file, so a setting is said once.
"""

from __future__ import annotations

import os
from pathlib import Path

from traitlets.config import Config, Configurable
from traitlets.config.loader import PyFileConfigLoader

from learnflow_ext.settings.access import LearnFlowApi, LearnFlowJwt
from learnflow_ext.settings.deployment import SERVICE_NAME, LearnFlow, LearnFlowKafka, manages_groups
from learnflow_ext.settings.grading import LearnFlowGrading, LearnFlowPractice
from learnflow_ext.settings.lti import LearnFlowLti
from learnflow_ext.settings.other_ai import LearnFlowOtherAI
from learnflow_ext.settings.tutoring import LearnFlowModel, LearnFlowTutor
from learnflow_ext.settings.watching import LearnFlowMail, LearnFlowProgress, LearnFlowStruggle

__all__ = [
    "CLASSES",
    "SERVICE_NAME",
    "LearnFlow",
    "LearnFlowApi",
    "LearnFlowGrading",
    "LearnFlowJwt",
    "LearnFlowKafka",
    "LearnFlowLti",
    "LearnFlowMail",
    "LearnFlowModel",
    "LearnFlowOtherAI",
    "LearnFlowPractice",
    "LearnFlowProgress",
    "LearnFlowStruggle",
    "LearnFlowTutor",
    "load_config",
    "manages_groups",
]

CLASSES: tuple[type[Configurable], ...] = (
    LearnFlow,
    LearnFlowKafka,
    LearnFlowJwt,
    LearnFlowApi,
    LearnFlowTutor,
    LearnFlowModel,
    LearnFlowOtherAI,
    LearnFlowGrading,
    LearnFlowPractice,
    LearnFlowStruggle,
    LearnFlowProgress,
    LearnFlowMail,
    LearnFlowLti,
)


def load_config(path: str | os.PathLike[str]) -> Config:
    """Read `jupyterhub_config.py` at `path`, as the hub does.

    FileNotFoundError when there is none; whatever the file itself raises is passed on.
    """
    file = Path(path).resolve()
    if not file.is_file():
        raise FileNotFoundError(f"No configuration at {file}.")
    config: Config = PyFileConfigLoader(file.name, path=str(file.parent)).load_config()
    return config
