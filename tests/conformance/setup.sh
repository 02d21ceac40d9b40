#!/usr/bin/env bash
# Makes target/conformance-venv with the third-party SCIM suites, by name and version; quick when it is there already.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
venv=$here/../../target/conformance-venv
stamp=$venv/stamp
if [ -f "$stamp" ] && cmp -s "$here/requirements.txt" "$stamp"; then
    exit 0
fi
if ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
    [ "$(id -u)" = 0 ] || { echo "python3-venv is needed: apt-get install python3-venv" >&2; exit 1; }
    apt-get update -qq && apt-get install -y -qq python3-venv
fi
rm -rf "$venv"
mkdir -p "$(dirname "$venv")"
python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
cp "$here/requirements.txt" "$stamp"
