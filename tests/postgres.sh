#!/usr/bin/env bash
# Runs a command beside a PostgreSQL server of its own, which is gone afterwards: tests/postgres.sh cargo nextest run
# The command finds the server's address in TUNE_TEST_POSTGRES, its process in TUNE_TEST_POSTGRES_DATA/postmaster.pid, and in
# TUNE_TEST_POSTGRES_CONTROL a program that does what `pg_ctl` does: stop it, start it.
set -euo pipefail

if [ "$#" -eq 0 ]; then
    echo "usage: $0 COMMAND [ARGUMENT…]" >&2
    exit 2
fi

# Debian keeps the server's programs out of the path.
programs=$(dirname "$(command -v pg_ctl || ls -d /usr/lib/postgresql/*/bin/pg_ctl 2>/dev/null | sort -V | tail -n 1 || true)")
if [ ! -x "$programs/pg_ctl" ]; then
    echo "$0: PostgreSQL is not installed: there is no \`pg_ctl\`" >&2
    exit 1
fi

# The server refuses to run as root.
as_user=()
[ "$(id -u)" -ne 0 ] || as_user=(runuser -u postgres --)

# Short: the path of a socket has little room.
scratch=$(mktemp -d /tmp/tune-postgres.XXXXXX)
[ "$(id -u)" -ne 0 ] || chown postgres "$scratch"

cat >"$scratch/control" <<CONTROL
#!/bin/sh
cd "$scratch" && exec ${as_user[*]-} "$programs/pg_ctl" -D "$scratch/data" -l "$scratch/log" -s -w "\$@"
CONTROL
chmod +x "$scratch/control"

clean_up() {
    "$scratch/control" stop -m immediate 2>/dev/null || true
    rm -rf "$scratch"
}
trap clean_up EXIT

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
(cd "$scratch" && ${as_user[@]+"${as_user[@]}"} "$programs/initdb" -D "$scratch/data" -U tune -A trust -E UTF8 --locale=C.UTF-8 >/dev/null)
cat >>"$scratch/data/postgresql.conf" <<CONFIGURATION
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$scratch'
max_connections = 200
CONFIGURATION
"$scratch/control" start || { cat "$scratch/log" >&2; exit 1; }

export TUNE_TEST_POSTGRES="postgres://tune@127.0.0.1:$port/postgres"
export TUNE_TEST_POSTGRES_DATA="$scratch/data"
export TUNE_TEST_POSTGRES_CONTROL="$scratch/control"
"$@"
