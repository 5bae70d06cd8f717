# The configuration of the full compose file: read by the hub, both replicas and the workers.
import os

from learnflow_hub import course_folder, setup_learnflow, use_docker

c = get_config()  # noqa: F821  (JupyterHub provides it)

c.LearnFlow.state_dir = os.environ["LEARNFLOW_STATE"]
c.LearnFlow.courses = {"python-basics": course_folder("python-basics")}
# The password is in PGPASSWORD, which libpq reads.
c.LearnFlow.database_url = os.environ["LEARNFLOW_DATABASE_URL"]
c.LearnFlowKafka.bootstrap_servers = os.environ["LEARNFLOW_KAFKA"]

# The service runs by itself, twice; the token is in LEARNFLOW_SERVICE_TOKEN.
c.LearnFlowHub.service_address = "http://replicas:8888"
c.LearnFlowContainers.service_url = "http://balancer:8888/services/learnflow/"

# A replica that stops says so until the balancer, which asks every 3 s, has heard; then it ends its work.
c.LearnFlow.drain_notice_seconds = 8
c.LearnFlow.drain_seconds = 40
# Only the workers grade.
c.LearnFlowGrading.workers = 0
c.LearnFlowPractice.in_service = False

c.JupyterHub.load_groups = {
    "formgrade-python-basics": {"users": ["teacher"]},
    "nbgrader-python-basics": {"users": ["ada", "ben", "chen"]},
}
c.Authenticator.admin_users = {"admin"}
c.Authenticator.allowed_users = {"teacher", "ada", "ben", "chen"}
c.JupyterHub.authenticator_class = "learnflow_hub.authenticator.ClassroomAuthenticator"

# Addresses inside the hub's container and among containers; the compose file says who may reach them.
c.JupyterHub.bind_url = "http://0.0.0.0:8000"
# Where set, each user's pages have an address of their own: .env.example says what that needs.
c.JupyterHub.subdomain_host = os.environ.get("LEARNFLOW_SUBDOMAIN_HOST", "")
c.JupyterHub.hub_ip = "0.0.0.0"  # noqa: S104
c.JupyterHub.hub_connect_ip = "hub"
# Students' containers outlive the hub's.
c.JupyterHub.cleanup_servers = False

use_docker(c)
setup_learnflow(c)
