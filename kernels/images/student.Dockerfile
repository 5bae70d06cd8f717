# A student's whole Jupyter server, for DockerSpawner and KubeSpawner. Build it with a wheel of LearnFlow beside
# this file:
#
#     docker build -f student.Dockerfile -t learnflow/student:latest .
#
# Any Debian or Ubuntu image with Python 3.11 or newer as `python` will do as BASE.
ARG BASE=python:3.12-slim-bookworm
FROM ${BASE}

# The libraries that your course imports.
ARG PACKAGES="numpy pandas matplotlib"

# bubblewrap keeps the server's token from the kernel, inside the container.
RUN if ! command -v bwrap setpriv >/dev/null; then \
        apt-get update -q && apt-get install -y -q --no-install-recommends bubblewrap util-linux \
     && rm -rf /var/lib/apt/lists/*; \
    fi

COPY *.whl /tmp/wheel/
# In one step, so that no layer holds the course with its solutions, or the service.
RUN wheel=$(ls /tmp/wheel/*.whl) \
 && python -m pip install --no-cache-dir "learnflow-ext[kernels,grading] @ file://$wheel" ${PACKAGES} \
 && site=$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') \
 && mkdir -p /opt/learnflow-server \
 && cp "$site/learnflow_hub/singleuser.py" "$site/learnflow_hub/singleuser_config.py" /opt/learnflow-server/ \
 && rm -rf /tmp/wheel "$site/learnflow_hub" "$site/learnflow_ext/service" \
        "$site/learnflow_ext/agents" "$site/learnflow_ext/store" "$site/learnflow_ext/events" \
        "$site/learnflow_ext/cli" \
 && python -m compileall -q "$site/learnflow_ext" "$site/learnflow_kernels" \
 && find / -xdev -type f -perm /6000 -exec chmod a-s {} +

# Kernels start with an empty home: here they find matplotlib's list of fonts, which takes long to make.
RUN if python -c 'import matplotlib' 2>/dev/null; then \
        MPLCONFIGDIR=/usr/local/share/learnflow-kernels python -c 'import matplotlib.font_manager'; \
    fi

# nbgrader goes by this name.
RUN useradd --uid 1000 --gid 100 --create-home jovyan && install -d -o 1000 -g 100 /home/jovyan/work

WORKDIR /home/jovyan/work
USER 1000:100
ENV LANG=C.UTF-8 HOME=/home/jovyan
EXPOSE 8888
CMD ["python", "-P", "/opt/learnflow-server/singleuser.py", "/opt/learnflow-server/singleuser_config.py"]
