# The hub of the compose file. As `jupyterhub_config.py` at the top of the repository, with what differs here.
import os

from learnflow_hub import course_folder, setup_learnflow

c = get_config()  # noqa: F821  (JupyterHub provides it)

c.LearnFlow.state_dir = os.environ["LEARNFLOW_STATE"]
c.LearnFlow.courses = {"python-basics": course_folder("python-basics")}
# The password is in PGPASSWORD, which libpq reads.
c.LearnFlow.database_url = os.environ["LEARNFLOW_DATABASE_URL"]
c.LearnFlowKafka.bootstrap_servers = os.environ["LEARNFLOW_KAFKA"]

c.JupyterHub.load_groups = {
    "formgrade-python-basics": {"users": ["teacher"]},
    "nbgrader-python-basics": {"users": ["ada", "ben", "chen"]},
}
c.Authenticator.admin_users = {"admin"}
c.Authenticator.allowed_users = {"teacher", "ada", "ben", "chen"}
# Accounts of the hub: `docker compose exec hub python -m learnflow_hub.accounts /srv/learnflow ada`.
c.JupyterHub.authenticator_class = "learnflow_hub.authenticator.ClassroomAuthenticator"

# The container's port; the compose file says who may reach it.
c.JupyterHub.bind_url = "http://0.0.0.0:8000"
# Where set, each user's pages have an address of their own: .env.example says what that needs.
c.JupyterHub.subdomain_host = os.environ.get("LEARNFLOW_SUBDOMAIN_HOST", "")
c.JupyterHub.hub_ip = "127.0.0.1"

setup_learnflow(c)
