# What the service, the workers and `learnflow` read in the cluster. Values of the chart become settings.json
# beside this file; secrets come from the environment, and are in neither.
import json
import os
from pathlib import Path

from learnflow_hub import course_folder

c = get_config()  # noqa: F821  (the loader provides it)

for section, traits in json.loads(Path(__file__).with_name("settings.json").read_text()).items():
    c[section].update(traits)

# A course without a folder is one that ships with LearnFlow.
c.LearnFlow.courses = {
    course: folder or course_folder(course) for course, folder in c.LearnFlow.courses.items()
}

if word := os.environ.get("LEARNFLOW_KAFKA_PASSWORD"):
    c.LearnFlowKafka.client = {**c.LearnFlowKafka.get("client", {}), "sasl.password": word}
