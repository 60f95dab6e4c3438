#!/usr/bin/env bash
# Measures the built binary on data of its own: figures are ratios of one run, so that machines can be compared.
# Needs wrk. Stops by itself after about a minute; asks only this machine.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v wrk >/dev/null || { echo "wrk is needed: apt-get install wrk" >&2; exit 1; }
binary=$PWD/target/release/oneo
folder=$(mktemp -d)
chmod 755 "$folder"
port=8200
cd "$folder"
export LISTEN=127.0.0.1:$port ONEO_PUBLIC_URL=http://localhost:$port LOG_FILTER=error
"$binary" dev >/dev/null &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true; rm -rf "$folder"' EXIT
for _ in $(seq 300); do curl -fs "localhost:$port/readyz" >/dev/null && break; sleep 0.2; done

password=$(awk '$1 == "demo.localhost" && $2 == "owner" {print $4}' data/sign-ins.txt)
cookie=$(curl -s -D - -o /dev/null -H "Host: demo.localhost:$port" -H "Origin: http://demo.localhost:$port" "http://127.0.0.1:$port/api/tenant/sign_in" \
    --data-urlencode login=owner@demo.example --data-urlencode "password=$password" | sed -n 's/^set-cookie: \(__Host-sid=[^;]*\).*/\1/p')
[ -n "$cookie" ] || { echo "signing in failed" >&2; exit 1; }

rate() { wrk -t1 -c8 -d8s -H "Host: demo.localhost:$port" -H "Cookie: $cookie" "http://127.0.0.1:$port$1" | awk '/Requests\/sec/ {print $2}'; }
live=$(rate /livez)
list=$(rate /users)
search=$(rate '/users?q=lindqvist')
printf '%-44s %10.0f /s\n' 'health check (no work at all)' "$live" 'user list, 50 of 1,000 users, signed in' "$list" 'user list, searched' "$search"
printf '%-44s %10.3f\n' 'user list / health check' "$(echo "$list $live" | awk '{print $1 / $2}')"

times=()
for n in $(seq 20); do
    took=$("$binary" tenant create "Bench $n" "bench$n" --owner-email "o@bench$n.example" --owner-first-name O --owner-last-name P | sed -n 's/.*created in \([0-9]*\) ms/\1/p')
    times+=("$took")
done
printf '%-44s %10s ms (median of 20)\n' 'create a company, schema and owner' "$(printf '%s\n' "${times[@]}" | sort -n | sed -n 10p)"
printf '%-44s %10s MB\n' 'memory of the server' "$(awk '/VmRSS/ {print int($2 / 1024)}' /proc/$server/status)"
