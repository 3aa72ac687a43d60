# syntax=docker/dockerfile:1
# One program file on a base of little more than libc: no shell, no package manager, no sources, no node_modules.
ARG BUN_VERSION=1.4.5

FROM oven/bun:${BUN_VERSION}-debian AS build
WORKDIR /build
COPY package.json bun.lock bunfig.toml tsconfig.json ./
# Optional are only the binaries of the embedded PostgreSQL: in a container, DATABASE_URL names a server.
RUN --mount=type=cache,target=/root/.bun/install/cache \
    bun install --frozen-lockfile --production --omit=optional --ignore-scripts
COPY sql ./sql
COPY src ./src
COPY deploy/build.ts ./deploy/build.ts
RUN bun deploy/build.ts out/tocsin

FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="Tocsin" \
      org.opencontainers.image.description="Alerts in, signed webhooks out, with PostgreSQL as the engine." \
      org.opencontainers.image.licenses="Apache-2.0"
COPY LICENSE THIRD_PARTY_NOTICES.md /usr/share/doc/tocsin/
COPY --from=build /build/out/tocsin /usr/local/bin/tocsin
ENV ENVIRONMENT=production API_HOST=0.0.0.0 API_PORT=8000
USER 65532:65532
WORKDIR /tmp
EXPOSE 8000
STOPSIGNAL SIGTERM
# For `serve`; a `work` has no port, and ends when it cannot go on.
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 CMD ["/usr/local/bin/tocsin", "health"]
ENTRYPOINT ["/usr/local/bin/tocsin"]
CMD ["serve"]
