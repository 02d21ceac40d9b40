#!/usr/bin/env bash
# Installs the real parts that the tests of signing in use: an OpenID Provider and a client from npm, another provider from
# PyPI, and a browser. Everything but the browser goes into target/. Quick where it is done already.
set -euo pipefail
cd "$(dirname "$0")/../.."
home=target/signing-in
mkdir -p "$home"

missing=()
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
python3 -m venv --help >/dev/null 2>&1 || missing+=(python3-venv)
# The one without windows is quicker; not every machine has it.
if ! command -v chromium-headless-shell >/dev/null; then
    apt-get update -qq
    if apt-cache show chromium-headless-shell >/dev/null 2>&1; then
        missing+=(chromium-headless-shell)
    else
        command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
    fi
fi
if [ ${#missing[@]} -gt 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

if ! cmp -s tests/signing_in/package-lock.json "$home/installed.json" || [ ! -d "$home/node_modules" ]; then
    cp tests/signing_in/package.json tests/signing_in/package-lock.json "$home/"
    (cd "$home" && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error)
    cp tests/signing_in/package-lock.json "$home/installed.json"
fi
# The scripts find their packages beside themselves.
ln -sfn ../../"$home"/node_modules tests/signing_in/node_modules

if ! cmp -s tests/signing_in/requirements.txt "$home/installed.txt" || [ ! -x "$home/venv/bin/canaille" ]; then
    rm -rf "$home/venv"
    python3 -m venv "$home/venv"
    "$home/venv/bin/pip" install -q --disable-pip-version-check -r tests/signing_in/requirements.txt
    cp tests/signing_in/requirements.txt "$home/installed.txt"
fi
