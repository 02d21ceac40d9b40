#!/usr/bin/env bash
# A real OpenID Provider (PyPI canaille) on this machine: `canaille.sh PORT FOLDER REDIRECT_URI [POST_LOGOUT_URI]`. The folder
# is its own and new. A client `bridge` with the secret `a-secret-of-the-tests` and a user `anna` with the password
# `correct horse battery` are made by its command line. Prints `ready` when it serves, and lives until its input closes or
# it is told to end.
set -euo pipefail
port=$1 folder=$2 redirect=$3 logout=${4:-}
here=$(cd "$(dirname "$0")/../.." && pwd)
bin=$here/target/signing-in/venv/bin
mkdir -p "$folder"
cd "$folder"

{
    printf 'SECRET_KEY = "of the tests alone"\nSERVER_NAME = "127.0.0.1:%s"\nPREFERRED_URL_SCHEME = "http"\n' "$port"
    printf 'TRUSTED_HOSTS = ["127.0.0.1"]\n\n[CANAILLE]\nDATABASE = "sql"\nLANGUAGE = "en"\nHTMX = false\n\n'
    printf '[CANAILLE_SQL]\nDATABASE_URI = "sqlite:///%s/canaille.sqlite"\nAUTO_MIGRATE = true\n\n' "$folder"
    printf '[CANAILLE_OIDC]\nACTIVE_JWKS = [%s]\n' "$("$bin/canaille" jwk create rsa --format toml 2>/dev/null | tail -n 1)"
} >canaille.toml
export CANAILLE_CONFIG=$folder/canaille.toml

"$bin/canaille" install >install.log 2>&1
"$bin/canaille" create user --quiet --user-name anna --password 'correct horse battery' --given-name Anna --family-name Larsson \
    --formatted-name 'Anna Larsson' --emails anna@acme.example >>install.log 2>&1
"$bin/canaille" create group --quiet --display-name Support --members anna >>install.log 2>&1
"$bin/canaille" create client --quiet --client-id bridge --client-secret a-secret-of-the-tests --client-name 'The bridge' \
    --redirect-uris "$redirect" ${logout:+--post-logout-redirect-uris "$logout"} --grant-types authorization_code \
    --grant-types refresh_token --response-types code --scope openid --scope profile --scope email --scope groups \
    --token-endpoint-auth-method client_secret_basic --client-uri "http://127.0.0.1:$port" >>install.log 2>&1
# Its tokens are for whom the client names, and nobody is named by default.
"$bin/canaille" set client bridge --quiet --audience bridge >>install.log 2>&1

"$bin/canaille" run --bind "127.0.0.1:$port" >serve.log 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
trap 'exit 0' TERM INT
for _ in $(seq 200); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        echo ready
        cat >/dev/null
        exit 0
    fi
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
done
cat serve.log >&2
exit 1
