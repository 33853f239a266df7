# The HTTP API: no TensorFlow, no compiler, no root. It writes only to /tmp, so the rest may be
# mounted read-only.
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS packages
COPY locks/api.txt /locks/
RUN python3 -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes --requirement /locks/api.txt \
    && /venv/bin/pip uninstall --yes pip setuptools

FROM ${PYTHON_IMAGE}
# What plays bands, in the versions of the Debian release, which change only for security. The package of FluidSynth's library also depends on drivers that are not used here.
# hadolint ignore=DL3008
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
        fluid-soundfont-gm libfluidsynth3 \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --no-create-home --home-dir /tmp --uid 10001 leitmotif \
    && install --directory --owner=leitmotif --group=leitmotif /models
COPY --from=packages /venv /venv
COPY proto /leitmotif/proto
COPY LICENSE NOTICE /leitmotif/
COPY music /leitmotif/music
COPY api /leitmotif/api
# Compiled now, since the root file system is read-only later.
RUN /venv/bin/python -m compileall -q /leitmotif

ENV API_HOST=0.0.0.0 \
    HOME=/tmp \
    MODELS_DIR=/models \
    PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    SOUNDFONT=/usr/share/sounds/sf2/FluidR3_GM.sf2
WORKDIR /leitmotif
USER 10001:10001
EXPOSE 8080
# A connection is accepted under any load; a response would wait for a free thread.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${API_PORT:-8080}"]
ENTRYPOINT ["python", "-m", "api"]
