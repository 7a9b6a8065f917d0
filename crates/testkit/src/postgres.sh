# Stands between a test and a PostgreSQL server of its own, for Rust and browser tests alike. `$1` is the folder of the server's programs, `$2` the
# value of `fsync`. Says where the socket is once connections are taken, and stops the server when its input ends, however that comes.
set -eu
trap '' INT TERM HUP
dir=$(mktemp -d "${TMPDIR:-/tmp}/signet-postgres.XXXXXX")
trap 'rm -rf "$dir"' EXIT
cd "$dir"
"$1/initdb" -D data -U signet --auth=trust --no-sync --encoding=UTF8 --locale=C >log 2>&1 || { cat log >&2; exit 1; }
"$1/postgres" -D data -k "$dir" -c listen_addresses= -c fsync="$2" -c max_connections=400 \
    -c shared_buffers=64MB >>log 2>&1 </dev/null &
server=$!
until "$1/pg_isready" -q -h "$dir"; do
    kill -0 "$server" 2>/dev/null || { cat log >&2; exit 1; }
    sleep 0.02
done
echo "$dir"
cat >/dev/null
kill -INT "$server"
wait "$server" || true
