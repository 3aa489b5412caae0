#!/usr/bin/env bash
# Builds the Dockerfile without a Docker engine and starts what came out as a container would: a read-only root, uid 10001,
# its own entry point, and its HEALTHCHECK asked until it says yes. Needs root and, on Debian or Ubuntu, what apt brings.
#
# The base is made here by debootstrap from the machine's own mirror, and pip is given the machine's own configuration, so
# that it works where no image registry is reachable. Nothing is left behind but the apt packages.
set -euo pipefail
cd "$(dirname "$0")/.."

cannot() {
    echo "check-image: skipped: $1."
    exit 0
}

fail() {
    echo "check-image: $1" >&2
    exit 1
}

[ "$(id -u)" = 0 ] || cannot "building an image by chroot needs root"
command -v apt-get >/dev/null || cannot "the base image is made by debootstrap, which needs Debian or Ubuntu"
unshare --mount true 2>/dev/null || cannot "this machine lets nobody make a mount namespace"
if ! command -v buildah >/dev/null || ! command -v debootstrap >/dev/null; then
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends buildah debootstrap; } >/dev/null 2>&1 ||
        cannot "apt could not install buildah and debootstrap"
fi

work=$(mktemp -d)
server=''
# shellcheck disable=SC2329 # the trap calls it
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

store() {
    buildah --root "$work/store" --runroot "$work/run" --storage-driver vfs "$@"
}

# The base: Debian 12, whose python3 is 3.11. Its archive is the one that apt here knows.
# shellcheck disable=SC2016 # apt's variable, not the shell's
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' 'Origin: Debian' | head -n 1)
debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$work/base" ${mirror:+"$mirror"} >"$work/log" 2>&1 ||
    { tail -n 5 "$work/log"; cannot "debootstrap could not make a base image"; }
base=$(store from scratch)
store add -q "$base" "$work/base" / >/dev/null
store commit -q "$base" localhost/upto-base >/dev/null
store rm "$base" >/dev/null
rm -rf "$work/base"
echo "check-image: made a base image after $SECONDS s"

# pip's configuration of this machine, wherever it comes from, as one file; and the certificates that it trusts.
python3 - <<'PYTHON' >"$work/pip.conf"
import ast, collections, subprocess, sys

sections = collections.defaultdict(dict)
for line in subprocess.run([sys.executable, "-m", "pip", "config", "list"], stdout=subprocess.PIPE, text=True).stdout.splitlines():
    name, value = line.split("=", 1)
    section, option = name.rsplit(".", 1)
    sections["global" if section == ":env:" else section][option] = ast.literal_eval(value)
for section, options in sections.items():
    print(f"[{section}]")
    for option, value in options.items():
        if option == "constraint":  # a file of this machine; the lock says every version anyway
            continue
        print(option, "=", "\n    ".join(value.split()))
PYTHON
given=(--volume "$work/pip.conf:/etc/pip.conf:ro")
for certificates in "$(sed -n 's/^cert = //p' "$work/pip.conf")" "${SSL_CERT_FILE-}" "${REQUESTS_CA_BUNDLE-}" /etc/ssl/certs/ca-certificates.crt; do
    if [ -f "$certificates" ]; then
        given+=(--volume "$certificates:$certificates:ro" --volume "$certificates:/etc/ssl/certs/ca-certificates.crt:ro")
        break
    fi
done
# A folder that pip takes packages from; an index in a folder keeps its files beside it.
while read -r folder; do
    folder=${folder%/simple}
    [ ! -d "$folder" ] || given+=(--volume "$folder:$folder:ro")
done < <(grep -oE '(file://)?/[^ ]+' "$work/pip.conf" | sed 's,^file://,,' | sort -u)

store bud -q --isolation chroot --format docker --build-arg BASE_IMAGE=localhost/upto-base "${given[@]}" -t localhost/upto . >"$work/log" 2>&1 ||
    { tail -n 20 "$work/log"; fail "the image does not build: what was said last is above."; }
echo "check-image: built the image after $SECONDS s"

container=$(store from localhost/upto)
root=$(store mount "$container")
store inspect localhost/upto >"$work/image.json"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

# `inside.py ... serve|health`: in the image's root, read-only, with /tmp and /data as a container would have them, as its user and with its variables.
cat >"$work/inside.py" <<'PYTHON'
import json, os, subprocess, sys

root, work, port, which = sys.argv[1:]
image = json.load(open(f"{work}/image.json"))["Docker"]
config = image["config"]
uid, gid = map(int, config["User"].split(":"))
assert uid == 10001, f"the image runs as {uid}"
assert list(config["Volumes"]) == ["/data"], config["Volumes"]
command = {"serve": config["Entrypoint"] + config["Cmd"], "health": config["Healthcheck"]["Test"][1:]}[which]
mounts = [["--bind", root, root], ["-o", "remount,bind,ro", root], ["-t", "tmpfs", "tmpfs", f"{root}/tmp"], ["--bind", f"{work}/data", f"{root}/data"],
          ["-t", "proc", "proc", f"{root}/proc"], ["--bind", "/dev", f"{root}/dev"]]
for mount in mounts:
    subprocess.run(["mount", *mount], check=True)
os.chroot(root)
os.chdir(config["WorkingDir"])
os.setgroups([])
os.setgid(gid)
os.setuid(uid)
try:
    open("/opt/upto/written", "w")
except OSError:
    pass
else:
    sys.exit("the root can be written to")
variables = dict(entry.split("=", 1) for entry in config["Env"]) | {"UPTO_PORT": port}
os.environ["PATH"] = variables["PATH"]
os.execvpe(command[0], command, variables)
PYTHON
cp -a "$root/data" "$work/data" # with the owner and mode that a new volume gets
chmod 0711 "$work"
unshare --mount python3 "$work/inside.py" "$root" "$work" "$port" serve >"$work/log" 2>&1 &
server=$!
for _ in $(seq 60); do
    kill -0 "$server" 2>/dev/null || break
    if unshare --mount python3 "$work/inside.py" "$root" "$work" "$port" health >"$work/health" 2>&1; then
        echo "check-image: it serves as uid 10001 on a read-only root; its health check says yes after $SECONDS s"
        exit
    fi
    sleep 1
done
tail -n 20 "$work/log" "$work/health"
fail "the image builds but does not become healthy: what it said last is above."
