# The connector's image. Build it with `make image`, or plainly: docker build -t source-stripe .
# With what loads into a database besides: docker build -t source-stripe:ingest --target ingest .
#
# Any Debian- or Alpine-like image with Python 3.11 to 3.13 and pip will do as the base. For a release, pin it by digest,
# so that the same commit gives the same image: --build-arg BASE_IMAGE=python:3.11-slim-bookworm@sha256:…
ARG BASE_IMAGE=python:3.11-slim-bookworm

# ---- the locked dependencies: a layer that changes only when the lock does
FROM ${BASE_IMAGE} AS dependencies
RUN python -m venv --without-pip /opt/venv
COPY requirements/run.txt /build/run.txt
# The builder's own pip configuration and certificates, if it has any, are mounted as secrets: no layer keeps them.
RUN --mount=type=secret,id=pip.conf,target=/run/secrets/pip.conf \
    --mount=type=secret,id=ca.crt,target=/run/secrets/ca.crt \
    PIP_CONFIG_FILE=/run/secrets/pip.conf python -m pip --python /opt/venv/bin/python --disable-pip-version-check \
        install --no-cache-dir --require-hashes --only-binary :all: --requirement /build/run.txt

# ---- the connector, installed as a package beside its dependencies; nothing is fetched
FROM dependencies AS connector
COPY pyproject.toml README.md LICENSE /build/
COPY source_stripe /build/source_stripe
RUN python -m pip --python /opt/venv/bin/python --disable-pip-version-check \
        install --no-cache-dir --no-index --no-deps --no-build-isolation --target /code /build && rm -r /code/bin
COPY main.py /code/main.py
RUN /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /code
# Airbyte's platform starts connectors as user 1000.
RUN grep -q ':1000:' /etc/passwd || { \
        echo "airbyte:x:1000:1000::/airbyte:/usr/sbin/nologin" >> /etc/passwd && echo "airbyte:x:1000:" >> /etc/group; }

# ---- what both images have in common; nothing is executed here, so that nothing of the builder can stay
FROM ${BASE_IMAGE} AS runtime
ARG VERSION=0.1.0
LABEL io.airbyte.name="source-stripe" \
      io.airbyte.version="${VERSION}" \
      org.opencontainers.image.title="source-stripe" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="MIT"

COPY --from=connector /etc/passwd /etc/group /etc/
# The root file system may be read-only: all is compiled already, and only /tmp is written to.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    AIRBYTE_ENTRYPOINT="python /airbyte/integration_code/main.py"
USER 1000:1000
ENTRYPOINT ["python", "/airbyte/integration_code/main.py"]

# ---- `docker build --target ingest`: with what `ingest` and `verify` need besides, for loading into a database
FROM dependencies AS ingest-dependencies
COPY requirements/ingest.txt /build/ingest.txt
RUN --mount=type=secret,id=pip.conf,target=/run/secrets/pip.conf \
    --mount=type=secret,id=ca.crt,target=/run/secrets/ca.crt \
    PIP_CONFIG_FILE=/run/secrets/pip.conf python -m pip --python /opt/venv/bin/python --disable-pip-version-check \
        install --no-cache-dir --require-hashes --only-binary :all: --requirement /build/ingest.txt

FROM runtime AS ingest
COPY --from=ingest-dependencies /opt/venv /opt/venv
COPY --from=connector /code /airbyte/integration_code
COPY requirements/ingest.cdx.json /airbyte/sbom.cdx.json
# Mount the folder of a DuckDB file here: duckdb:///stripe.duckdb is then in it.
WORKDIR /data

# ---- the connector: no compiler, no cache, no build files, no loader
FROM runtime
COPY --from=dependencies /opt/venv /opt/venv
COPY --from=connector /code /airbyte/integration_code
COPY requirements/run.cdx.json /airbyte/sbom.cdx.json
WORKDIR /airbyte/integration_code
