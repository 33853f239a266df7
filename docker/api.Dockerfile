# The HTTP API: no TensorFlow, no compiler, no root. It writes to /tmp alone, so the rest may be
# mounted read-only.
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS packages
COPY locks/api.txt /locks/
RUN python3 -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes --requirement /locks/api.txt \
    && /venv/bin/pip uninstall --yes pip setuptools

FROM ${PYTHON_IMAGE}
RUN useradd --no-create-home --home-dir /tmp --uid 10001 leitmotif \
    && install --directory --owner=leitmotif --group=leitmotif /models
COPY --from=packages /venv /venv
COPY proto /leitmotif/proto
COPY music /leitmotif/music
COPY api /leitmotif/api
# Compiled now, since nothing can be written later.
RUN /venv/bin/python -m compileall -q /leitmotif

ENV API_HOST=0.0.0.0 \
    HOME=/tmp \
    MODELS_DIR=/models \
    PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1
WORKDIR /leitmotif
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ.get(\"API_PORT\") or 8080}/healthz', timeout=2)"]
ENTRYPOINT ["python", "-m", "api"]
