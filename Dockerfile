# One node: the daemon and its Memcached. Nothing in here needs root, a writable file system or a capability:
#
#   docker run --read-only --cap-drop ALL --tmpfs /run/maglia …
#
# Where registries can be reached, `docker build .` is all there is to it. Where none can, scripts/build-image makes the
# same image from Debian packages; docs/docker.md tells how.

# Current long-term support, whichever that is. For builds that can be repeated name a digest: node@sha256:…
ARG BASE_IMAGE=node:lts-slim

FROM ${BASE_IMAGE} AS base
RUN set -eu; \
    if ! command -v memcached >/dev/null; then \
      apt-get update; apt-get install -y --no-install-recommends memcached; rm -rf /var/lib/apt/lists/*; \
    fi; \
    groupadd --gid 10001 maglia; \
    useradd --uid 10001 --gid maglia --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin maglia; \
    install -d -m 1777 /run/maglia; \
    ln -s /opt/maglia/dist/main.js /usr/local/bin/maglia
WORKDIR /opt/maglia
# The socket of its Memcached and what the next daemon needs to adopt it, in a folder that only this user may enter. The
# folder around it takes its mode from the image's when a tmpfs is mounted over it a second time.
ENV NODE_ENV=production \
    MAGLIA_RUNTIME_DIRECTORY=/run/maglia/node \
    MAGLIA_MESH_LISTEN=0.0.0.0:7421
EXPOSE 7421
USER 10001:10001
# Whether the process answers, not whether it answers for its letter (/readyz): a node that waits for its peers is well.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 CMD ["node", "-e", \
  "fetch('http://127.0.0.1:7420/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["maglia"]
CMD ["serve", "--config", "/etc/maglia/cluster.json"]

# From a folder that holds what was built elsewhere: `--target prepared`, as scripts/build-image does.
FROM base AS prepared
COPY . .

FROM ${BASE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && npm prune --omit=dev

FROM base
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
