# syntax=docker/dockerfile:1
# Three stages: install, put the language model together, run. `--build-arg MODEL=none` leaves the model out.
ARG PYTHON=3.11
ARG MODEL=bundled

FROM python:${PYTHON}-slim AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/viaduc/.venv
ENV PATH=/opt/viaduc/.venv/bin:$PATH
WORKDIR /opt/viaduc
# The lock first: the layer with the packages is built again only when it changes.
COPY requirements.lock requirements.hashes.lock ./
# Every file checked against its hash; then torch, whose file differs from index to index (docs/decisions/0017).
RUN pip install --quiet --no-deps --require-hashes -r requirements.hashes.lock \
 && pip install --quiet -r requirements.lock
COPY pyproject.toml README.md LICENSE alembic.ini ./
COPY alembic alembic
COPY app app
COPY models models
COPY matching matching
COPY demo demo
# Editable: the schema's history and the demo border stand beside the packages.
RUN pip install --quiet --no-deps --no-build-isolation --editable . \
 && python -m compileall -q app models matching

FROM builder AS model-none
RUN mkdir -p /data/models

FROM builder AS model-bundled
RUN python -c "from pathlib import Path; from matching.encoder.bundled import FOLDER_NAME, ensure_bundled_model; ensure_bundled_model(Path('/data/models') / FOLDER_NAME, print)"

# hadolint ignore=DL3006
FROM model-${MODEL} AS model

FROM python:${PYTHON}-slim AS final
RUN groupadd --system --gid 10001 viaduc && useradd --system --uid 10001 --gid 10001 --create-home --home-dir /data viaduc
COPY --from=builder --chown=root:root /opt/viaduc /opt/viaduc
COPY --from=model --chown=viaduc:viaduc /data /data
RUN install --directory --owner=viaduc --group=viaduc /data/backups
ENV PATH=/opt/viaduc/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    VIADUC_DATA_DIR=/data \
    VIADUC_HOST=0.0.0.0 \
    VIADUC_PORT=8000
WORKDIR /data
USER 10001:10001
# All that is ever written: /data, and what is there for a moment in /tmp. The rest may be read-only (compose.yaml).
VOLUME ["/data"]
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
  CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['VIADUC_PORT']}/health\", timeout=4)"]
STOPSIGNAL SIGTERM
# No shell in between: signals reach the service, and `docker run viaduc db upgrade` is `viaduc db upgrade`.
ENTRYPOINT ["viaduc"]
CMD ["serve", "--migrate"]
