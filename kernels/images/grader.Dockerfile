# What `DockerRunner` runs student code in: Python, the libraries of your course, and of LearnFlow only what
# runs cells and explains errors. Build it with a wheel of LearnFlow beside this file:
#
#     docker build -f grader.Dockerfile -t learnflow/grader:latest .
#
# Any image with Python 3.11 or newer as `python` will do as BASE.
ARG BASE=python:3.12-slim-bookworm
FROM ${BASE}

# The libraries that your course's exercises import.
ARG PACKAGES="numpy pandas matplotlib"

COPY *.whl /tmp/wheel/
# In one step, so that no layer holds the course with its solutions, the grader or the service.
RUN python -m pip install --no-cache-dir --no-deps /tmp/wheel/*.whl \
 && python -m pip install --no-cache-dir msgspec friendly-traceback ipykernel ${PACKAGES} \
 && site=$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') \
 && rm -rf /tmp/wheel "$site/learnflow_hub" "$site/learnflow_grading" \
 && find "$site/learnflow_ext" -mindepth 1 -maxdepth 1 \
        ! -name __init__.py ! -name contracts ! -name diagnosis -exec rm -rf {} + \
 && python -m compileall -q "$site/learnflow_ext" "$site/learnflow_kernels" \
 && find / -xdev -type f -perm /6000 -exec chmod a-s {} +

RUN groupadd --gid 1000 student && useradd --uid 1000 --gid 1000 --no-create-home --home-dir /home/student student \
 && mkdir -p /home/student \
 && rm -f /etc/shadow* /etc/gshadow*

WORKDIR /home/student
USER 1000:1000
ENV LANG=C.UTF-8
CMD ["python", "-I", "-m", "learnflow_kernels.boxed"]
