# syntax=docker/dockerfile:1

# One image for both roles: `serve --receiver`, `serve --outlet`, or `serve` for both.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:24-slim
LABEL org.opencontainers.image.title="l2met" \
      org.opencontainers.image.description="Turns log lines into metrics" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# As `l2met` for whoever signs credentials in a container; nothing at run time needs a shell, npm or a file that can be written.
RUN chmod 755 dist/main.js && ln -s /app/dist/main.js /usr/local/bin/l2met \
 && rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn*
USER 1000:1000
EXPOSE 8080
# node is PID 1: it takes SIGTERM itself.
ENTRYPOINT ["node", "/app/dist/main.js"]
CMD ["serve"]
