# One image for every service; the command chooses which.
FROM python:3.13-slim AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
WORKDIR /app
COPY requirements/ requirements/
RUN python -m venv /venv \
    && /venv/bin/python -m pip install --no-cache-dir --require-hashes -r requirements/bootstrap.lock \
    && /venv/bin/uv pip install --no-cache --python /venv/bin/python --require-hashes -r requirements/runtime.lock
COPY pyproject.toml README.md LICENSE ./
COPY compliance/ compliance/
COPY flows/ flows/
COPY rules/ rules/
COPY config/ config/
RUN /venv/bin/uv pip install --no-cache --python /venv/bin/python --no-deps --no-build-isolation -e .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --home-dir /home/embargowatch embargowatch \
    && mkdir -p /var/lib/embargowatch && chown embargowatch /var/lib/embargowatch
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH \
    EMBARGOWATCH_HOME=/var/lib/embargowatch \
    EMBARGOWATCH_CONFIG=/app/config \
    PYTHONUNBUFFERED=1
WORKDIR /app
USER embargowatch
VOLUME /var/lib/embargowatch
ENTRYPOINT ["embargowatch"]
CMD ["desk"]
