#!/bin/sh
# Makes .venv and installs what a lock names: `setup.sh run` what serves, `setup.sh dev` what checks the project too.
# Where .venv already holds it, it says nothing and starts no Python. PYTHON names an interpreter of one's own.
set -eu
unset CDPATH PYTHONPATH PYTHONHOME

stamp=.venv/upto-setup # written last: a .venv without one is unfinished, and is made anew
log=.venv/setup.log
busy=.venv.busy # a link to the id of the process that is setting up: made at one stroke, or not at all

fail() {
    printf 'setup: %s\n' "$1" >&2
    exit 1
}

# True where the stamp says that .venv holds what is wanted; sets what it holds, for what follows.
is_installed() {
    installed_level='' installed_python='' installed=''
    if [ -x .venv/bin/python ] && [ -r "$stamp" ]; then
        {
            read -r installed_level
            read -r installed_python
            installed=$(cat)
        } <"$stamp"
    fi
    [ "$installed" = "$wanted" ] || return 1
    [ "$installed_level" = "$level" ] || [ "$installed_level" = dev ] || return 1
    [ -z "${PYTHON-}" ] || {
        find_python
        [ "$installed_python" = "$python $version" ]
    }
}

# Sets python (its real path, so that .venv does not follow `python3` to another version) and version, or fails.
find_python() {
    if [ -n "${PYTHON-}" ]; then
        set -- "$PYTHON"
    else
        set -- python3.13 python3.12 python3.11 python3.14 python3
    fi
    too_old='' without_venv=''
    for candidate; do
        version=$("$candidate" --version 2>&1) || continue # Python 2 prints it on stderr
        version=${version#Python }
        version=${version%%[!0-9.]*}
        case $version in
            3.[0-9] | 3.[0-9].* | 3.10 | 3.10.* | [012].*)
                too_old=${too_old:-$candidate is Python $version}
                continue
                ;;
            [0-9]*.[0-9]*) ;;
            *) continue ;;
        esac
        python=$("$candidate" -c 'import ensurepip, os, sys, venv; print(os.path.realpath(sys.executable))' 2>/dev/null) && return
        without_venv=${without_venv:-$candidate is Python $version}
    done
    if [ -n "$without_venv" ]; then
        fail_without_venv "$without_venv"
    elif [ -n "$too_old" ]; then
        fail "Upto needs Python 3.11 or newer, but $too_old: install a newer one, or name one as in PYTHON=/path/to/python3.12 make run."
    elif [ -n "${PYTHON-}" ]; then
        fail "Upto needs Python 3.11 or newer, but PYTHON=$PYTHON does not start a Python."
    fi
    fail "Upto needs Python 3.11 or newer, but there is no Python on the PATH: install one, or name one as in PYTHON=/path/to/python3.12 make run."
}

fail_without_venv() {
    fail "$1 without its venv module, which Upto is installed with: on Debian or Ubuntu, \`apt install python3-venv\` brings it."
}

# One setup at a time: a second one would clear the .venv that the first is filling.
wait_for_turn() {
    until ln -s "$$" "$busy" 2>/dev/null; do
        other=$(readlink "$busy") || fail_unwritable
        if ! kill -0 "$other" 2>/dev/null; then
            rm -f "$busy" # it was killed
            continue
        fi
        [ -n "${waited-}" ] || echo "Waiting for another setup of Upto (process $other) to finish"
        waited=yes
        sleep 1
    done
    trap 'rm -f "$busy"' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

fail_unwritable() {
    fail "Upto is set up inside its own folder, but $folder cannot be written to: change its owner or mode, or work in a copy."
}

make_venv() {
    rm -f "$stamp"
    if [ "$installed_python" = "$python $version" ] && [ "${installed##*
}" = "$folder" ]; then
        return # a whole one: pip brings it up to date
    fi
    output=$("$python" -m venv --clear .venv 2>&1) && return
    case $output in
        *ensurepip*) fail_without_venv "$python is Python $version" ;;
        *"No space left"*) fail_full ;;
    esac
    printf '%s\n' "$output" >"$log"
    fail "Python $version could not make the virtual environment .venv: what it said is in $log."
}

fail_full() {
    fail "the disk is full: Upto takes about 500 MB in .venv; make room and run this again."
}

install() {
    [ "${PIP_RETRIES-}" != 0 ] || export PIP_RETRIES=1 # with none, pip does not say that it could not reach the index
    .venv/bin/python -m pip install --no-input --disable-pip-version-check --no-deps "$@" >>"$log" 2>&1 && return
    if grep -q 'DO NOT MATCH THE HASHES' "$log"; then
        fail "a package that came does not match its hash in $lock, so it was not installed: which one is in $log."
    elif grep -q 'No space left' "$log"; then
        fail_full
    elif grep -qiE 'retrying|connection (error|broken|refused|reset|aborted)|failed to connect|timed out|name resolution|unreachable|proxyerror|sslerror|certificate|could not fetch url|http error' "$log"; then
        fail "the package index could not be reached, so Upto is not installed: check the network and pip's own configuration and run this again; what pip said is in $log."
    elif grep -q 'No matching distribution' "$log"; then
        fail "the package index has no $(sed -n 's/.*No matching distribution found for \([^ ]*\).*/\1/p' "$log" | head -n 1) that is ready made for Python $version on this machine: try another Python, as in PYTHON=/path/to/python3.12 make run."
    fi
    fail "pip could not install what $lock names: what it said is in $log."
}

level=${1-}
case $#$level in
    1run) lock=requirements.lock ;;
    1dev) lock=requirements-dev.lock ;;
    *)
        echo "usage: scripts/setup.sh run|dev" >&2
        exit 2
        ;;
esac
cd "$(dirname "$0")/.."
folder=$(pwd -P) # an installed script names its interpreter by the full path, so a moved .venv does not do
sums=$(cksum pyproject.toml requirements.lock requirements-dev.lock 2>/dev/null) ||
    fail "pyproject.toml, requirements.lock or requirements-dev.lock is missing from $folder: this is not a whole checkout."
wanted="$sums
$folder"
if is_installed; then
    exit
fi

find_python
if [ -e .venv ] && ! [ -d .venv ]; then
    fail "Upto is installed in the folder .venv, but a file of that name stands in its place in $folder: move it away."
fi
[ -w . ] || fail_unwritable
[ ! -e .venv ] || [ -w .venv ] || fail_unwritable
wait_for_turn
if is_installed; then # by the one that was waited for
    exit
fi
if [ -n "$installed_level" ]; then
    echo "Bringing .venv up to date"
else
    echo "Setting up Upto in .venv: about a minute the first time"
fi
make_venv
: >"$log"
# Only ready-made packages: building one from source would fetch tools that no hash vouches for.
install --require-hashes --only-binary=:all: -r "$lock"
install --no-build-isolation -e .
printf '%s\n' "$level" "$python $version" "$wanted" >"$stamp.new"
mv "$stamp.new" "$stamp"
