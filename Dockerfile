# syntax=docker/dockerfile:1
# Two stages: install and put the language model together, run. `--build-arg MODEL=none` leaves the model out, and brings
# what other models need instead: torch, which comes with several GB for GPUs where the index has no other build of it.
ARG PYTHON=3.11
ARG MODEL=bundled

FROM python:${PYTHON}-slim AS builder
ARG MODEL
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/viaduc/.venv
ENV PATH=/opt/viaduc/.venv/bin:$PATH
WORKDIR /opt/viaduc
# The lock first: the layer with the packages is built again only when it changes.
COPY requirements.lock requirements.hashes.lock ./
# Every file checked against its hash; then torch, whose file differs from index to index (docs/decisions/0017), or without
# it and all that is there for its sake alone: the default model runs on OpenVINO.
RUN pip install --quiet --no-deps --require-hashes -r requirements.hashes.lock \
 && if [ "$MODEL" = none ]; then pip install --quiet -r requirements.lock; \
    else pip uninstall --quiet --yes sentence-transformers transformers safetensors regex sympy mpmath networkx; fi
COPY pyproject.toml README.md LICENSE alembic.ini ./
COPY alembic alembic
COPY app app
COPY models models
COPY matching matching
COPY demo demo
# Editable: the schema's history and the demo border stand beside the packages.
RUN pip install --quiet --no-deps --no-build-isolation --editable . \
 && python -m compileall -q app models matching
# Outside /data, where a volume would hide it, and without the copy of its weights that only torch reads.
RUN if [ "$MODEL" != none ]; then \
    python -c "from matching.encoder.bundled import BROUGHT, ensure_bundled_model; ensure_bundled_model(BROUGHT, print, for_torch=False)"; fi

FROM python:${PYTHON}-slim AS final
RUN groupadd --system --gid 10001 viaduc && useradd --system --uid 10001 --gid 10001 --create-home --home-dir /data viaduc
COPY --from=builder --chown=root:root /opt/viaduc /opt/viaduc
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
