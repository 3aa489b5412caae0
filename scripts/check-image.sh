#!/bin/sh
# Builds the image without a Docker engine and asks it whether it lives. Says in one line when this machine cannot.
# Needs root, apt-get and a base image that debootstrap makes, since image registries may be out of reach.
set -eu
cd "$(dirname "$0")/.."

cannot() {
    printf 'image: not built here, because %s\n' "$1"
    exit 0
}

[ "$(id -u)" = 0 ] || cannot "it takes root"
command -v apt-get >/dev/null || cannot "there is no apt-get"
if ! command -v buildah >/dev/null || ! command -v debootstrap >/dev/null; then
    { apt-get update && apt-get install -y --no-install-recommends buildah debootstrap; } >/dev/null 2>&1 ||
        cannot "buildah and debootstrap could not be installed"
fi
unshare --mount true 2>/dev/null || cannot "the kernel lets it make no namespaces"

work=$(mktemp -d)
port=18017
# shellcheck disable=SC2329 # the trap calls it
finish() {
    if [ -n "${server-}" ]; then
        kill "$server" 2>/dev/null && wait "$server" 2>/dev/null
        b umount --all >/dev/null 2>&1
        awk -v work="$work/" 'index($2, work) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r umount 2>/dev/null
    fi
    rm -rf "$work" 2>/dev/null
}
trap 'finish || true' EXIT
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
b() { buildah --root "$work/store" --runroot "$work/run" "$@"; }

debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$work/base" >"$work/log" 2>&1 ||
    cannot "debootstrap failed: $(tail -n 1 "$work/log")"
base=$(b from scratch)
b copy -q "$base" "$work/base" / >/dev/null
b commit -q --rm "$base" upto-base >/dev/null
rm -rf "$work/base"

# pip inside is configured as pip outside is, whatever that be.
set --
for variable in $(env | sed -n 's/^\(PIP_[A-Z_]*\|[a-z]*_proxy\|[A-Z]*_PROXY\)=.*/\1/p'); do
    set -- "$@" --env "$variable=$(printenv "$variable")"
done
for file in /etc/pip.conf "$HOME/.config/pip/pip.conf" "${PIP_CERT-}"; do
    [ -f "$file" ] && set -- "$@" --volume "$file:$file:ro"
done
for folder in $(pip config list 2>/dev/null | grep -oE '(file://)?/[^ "'"'"'\\]+' | sed 's,^file://,,' | sort -u); do
    folder=${folder%/simple} # an index in a folder keeps its files beside it
    [ -d "$folder" ] && set -- "$@" --volume "$folder:$folder:ro"
done
for folder in ${PIP_FIND_LINKS-}; do
    [ -d "$folder" ] && set -- "$@" --volume "$folder:$folder:ro"
done
b bud -q "$@" --build-arg BASE_IMAGE=localhost/upto-base --tag upto --file Dockerfile . >"$work/log" 2>&1 || {
    tail -n 30 "$work/log"
    echo "image: the build failed"
    exit 1
}

container=$(b from upto)
b run --user 10001:10001 --env "UPTO_PORT=$port" --env UPTO_HOST=127.0.0.1 "$container" -- upto serve >"$work/log" 2>&1 &
server=$!
for _ in $(seq 60); do
    sleep 0.5
    if python3 -c "import urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:$port/healthz', timeout=2)" 2>/dev/null; then
        echo "image: built, and it answers /healthz as uid 10001"
        exit 0
    fi
done
cat "$work/log"
echo "image: built, but it does not answer /healthz"
exit 1
