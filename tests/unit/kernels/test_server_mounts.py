"""What of LearnFlow a student's server sees, and their code does not."""

from __future__ import annotations

from pathlib import Path

from learnflow_kernels.paths import Mounts, kernel_mounts, package_folder, server_mounts


def sees(mounts: Mounts, path: Path) -> bool:
    shown = any(path.is_relative_to(folder) for folder in mounts.read_only)
    return shown and not any(path.is_relative_to(folder) for folder in mounts.masked)


def test_validate_can_run_in_the_server() -> None:
    assert sees(server_mounts(), package_folder("learnflow_grading") / "validate.py")


def test_the_grader_is_not_for_kernels() -> None:
    assert not sees(kernel_mounts(), package_folder("learnflow_grading") / "validate.py")


def test_course_sources_are_for_neither() -> None:
    hub = package_folder("learnflow_hub")
    assert not sees(server_mounts(), hub / "course")
    assert not sees(kernel_mounts(), hub / "course")
