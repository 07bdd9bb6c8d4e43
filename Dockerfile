# Quart Notes in a container. Build: docker build -t quart-notes .   Run: see compose.yaml and docs/deployment.md.

ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/quart-notes
WORKDIR /source
COPY pyproject.toml hypercorn.toml README.md LICENSE ./
COPY quart_notes quart_notes
COPY templates templates
COPY static static
RUN pip wheel --no-deps --wheel-dir /wheel . \
 && /opt/quart-notes/bin/python -m pip install "$(echo /wheel/*.whl)[brotli]"

FROM python:${PYTHON}-slim
RUN groupadd --gid 10001 quart-notes \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin quart-notes \
 && install -d -o 10001 -g 10001 -m 0700 /data
COPY --from=build /opt/quart-notes /opt/quart-notes
ENV PATH=/opt/quart-notes/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    QUART_NOTES_DATA=/data \
    QUART_NOTES_BIND=0.0.0.0:8000 \
    QUART_NOTES_OPEN_TO_NETWORK=true
# Inside a container 0.0.0.0 is the container's own network; who else gets in is decided where the port is published.
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
# The image has no curl; the prefix counts when the board is served under a sub-path.
HEALTHCHECK --interval=30s --timeout=6s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import http.client, os, sys; connection = http.client.HTTPConnection('127.0.0.1', 8000, timeout=5); connection.request('GET', os.environ.get('QUART_NOTES_ROOT_PATH', '').rstrip('/') + '/readyz'); sys.exit(connection.getresponse().status != 200)"]
ENTRYPOINT ["quart-notes"]
CMD ["serve"]
