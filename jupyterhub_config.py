# A LearnFlow classroom on one machine. Copy this file, change what you need, and start it with
#
#     jupyterhub -f jupyterhub_config.py          (or `learnflow demo` to try it with demo accounts)
#
# The hub reads it, and so do the LearnFlow service and the `learnflow` command: a setting is said once, here.
# It only states things. Nothing in it may start, create or delete anything.
import os

from learnflow_hub import course_folder, setup_learnflow

c = get_config()  # noqa: F821  (JupyterHub provides it)

# --- The classroom --------------------------------------------------------------------------------
# Everything is kept below this folder: accounts, students' files, submissions, grades. Back it up.
c.LearnFlow.state_dir = os.environ.get("LEARNFLOW_STATE", ".learnflow")

# The record of what happens: an SQLite file in there, or a PostgreSQL server (see docs/record.md).
c.LearnFlow.database_url = os.environ.get("LEARNFLOW_DATABASE_URL", "")

# The courses: an id of your choice, and the folder with its nbgrader source. This one ships with LearnFlow.
c.LearnFlow.courses = {"python-basics": course_folder("python-basics")}

# How much the tutor may do: "off", "concepts", "hints" or "open". Hints never give the solution away.
c.LearnFlowTutor.policy = "hints"

# Grading: seconds for one cell, and memory for one submission.
c.LearnFlowGrading.cell_timeout = 5
c.LearnFlowGrading.memory_mb = 256

# How events travel: within the service when this is empty, or on Kafka (see docs/events.md).
c.LearnFlowKafka.bootstrap_servers = os.environ.get("LEARNFLOW_KAFKA", "")

# Servers that nobody uses are stopped after so many minutes; their files stay.
c.LearnFlowHub.idle_minutes = 60

# Stopping the hub stops everybody's servers. To start it again in the middle of a lesson, leave them running
# (docs/kernels.md says what else that takes, with systemd for instance):
# c.JupyterHub.cleanup_servers = False

# --- The people -----------------------------------------------------------------------------------
# Groups say who teaches (formgrade-<course>), assists (assistant-<course>) and studies (nbgrader-<course>).
# Teachers add and remove people on the dashboard; whoever is named here is put back at the hub's next start.
c.JupyterHub.load_groups = {
    "formgrade-python-basics": {"users": ["teacher"]},
    "nbgrader-python-basics": {"users": ["ada", "ben", "chen"]},
}
c.Authenticator.admin_users = {"admin"}
c.Authenticator.allowed_users = {"teacher", "ada", "ben", "chen"}

# How they sign in. This one keeps accounts and passwords in the hub; nobody can sign up by themselves:
# `python -m learnflow_hub.accounts .learnflow ada` gives ada a password, from the hub's next start on.
# For a school's own login take one of the package `oauthenticator` instead.
c.JupyterHub.authenticator_class = "learnflow_hub.authenticator.ClassroomAuthenticator"

# --- The address ----------------------------------------------------------------------------------
# Only this machine can reach it. Before you open it to others, put HTTPS in front of it.
c.JupyterHub.bind_url = "http://127.0.0.1:8000"
c.JupyterHub.hub_ip = "127.0.0.1"

# --- LearnFlow registers its service, formgraders, roles, spawner and proxy: last, so it sees the above
setup_learnflow(c)
