# Training, which ends when its models are published into /models. With LOCK=training-gpu it includes
# CUDA; the driver is the host's.
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS packages
ARG LOCK=training
COPY locks/${LOCK}.txt /locks/
RUN python3 -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes --requirement "/locks/${LOCK}.txt" \
    && /venv/bin/pip uninstall --yes pip

FROM ${PYTHON_IMAGE}
RUN useradd --no-create-home --home-dir /tmp --uid 10001 leitmotif \
    && install --directory --owner=leitmotif --group=leitmotif /data /models
COPY --from=packages /venv /venv
COPY LICENSE NOTICE /leitmotif/
COPY music /leitmotif/music
COPY training /leitmotif/training
RUN /venv/bin/python -m compileall -q /leitmotif

ENV DATA_DIR=/data \
    HOME=/tmp \
    MODELS_DIR=/models \
    PATH=/venv/bin:$PATH \
    PYTHONPATH=/leitmotif \
    PYTHONUNBUFFERED=1
# Pieces are cached in .cache after they are read once.
WORKDIR /tmp
USER 10001:10001
ENTRYPOINT ["python", "-m", "training"]
