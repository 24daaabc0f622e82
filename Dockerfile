# The hub as an image. Pin the base image by its digest where it is deployed (FROM …@sha256:…): a tag can be moved.
FROM python:3.11-slim-bookworm AS build
WORKDIR /source
COPY requirements.txt ./
# Every package by its hash; the same file that `make` installs from.
RUN python -m venv /opt/hub \
    && /opt/hub/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt
COPY . .
RUN /opt/hub/bin/python -m pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/hub/bin/python -m pip install --no-cache-dir --no-deps --no-index /wheels/*.whl

FROM python:3.11-slim-bookworm
# A name for the number: the audit log writes down who asks. Volumes take their owner from these folders.
RUN groupadd --gid 10001 hub \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin hub \
    && install --directory --owner 10001 --group 10001 --mode 0700 /var/lib/hub /exchange
COPY --from=build /opt/hub /opt/hub
COPY --chmod=0755 deployment/gate.sh deployment/healthy.py /usr/local/bin/
ENV PATH=/opt/hub/bin:$PATH \
    HOME=/tmp \
    HUB_HOME=/var/lib/hub/home \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /var/lib/hub
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["python", "/usr/local/bin/healthy.py"]
ENTRYPOINT ["hub"]
CMD ["serve", "--host", "0.0.0.0"]
