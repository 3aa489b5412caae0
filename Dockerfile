# A Debian with Python 3.11+ on it; the same one builds and runs, since the virtual environment names its interpreter.
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS build
WORKDIR /src
COPY requirements.lock ./
RUN python3 -m venv /opt/upto \
    && /opt/upto/bin/pip install --no-cache-dir --disable-pip-version-check \
        --require-hashes --no-deps --only-binary=:all: -r requirements.lock
COPY pyproject.toml README.md ./
COPY app app
COPY graders graders
COPY reference reference
# What installs is not needed to serve, so it does not come along.
RUN /opt/upto/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation . \
    && /opt/upto/bin/pip uninstall --yes setuptools pip

FROM ${BASE_IMAGE}
RUN groupadd --gid 10001 upto \
    && useradd --no-log-init --uid 10001 --gid upto --home-dir /data --no-create-home --shell /usr/sbin/nologin upto \
    && install --directory --owner upto --group upto --mode 0700 /data
COPY --from=build /opt/upto /opt/upto
ENV PATH=/opt/upto/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    UPTO_DATA_DIR=/data \
    UPTO_HOST=0.0.0.0
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8000
USER 10001:10001
# Without a proxy: one that is set for the outside world would be asked for 127.0.0.1 too.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.build_opener(r.ProxyHandler({})).open(f'http://127.0.0.1:{os.environ.get(\"UPTO_PORT\", \"8000\")}/healthz', timeout=4)"]
ENTRYPOINT ["upto"]
CMD ["serve"]
