#!/usr/bin/env bash
# Measures the built binary on data of its own: figures are ratios of one run, so that machines can be compared.
# Needs wrk. Stops by itself after about twelve minutes; asks only this machine. ONEO_BINARY measures another build.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v wrk >/dev/null || { echo "wrk is needed: apt-get install wrk" >&2; exit 1; }
PATH=$PATH:/usr/lib/postgresql/15/bin
few=()
before=()
binary=${ONEO_BINARY:-$PWD/target/release/oneo}
folder=$(mktemp -d)
chmod 755 "$folder"
port=8200
cd "$folder"
export LISTEN=127.0.0.1:$port ONEO_PUBLIC_URL=http://localhost:$port LOG_FILTER=error
"$binary" dev >/dev/null &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true; rm -rf "$folder"' EXIT
for _ in $(seq 300); do curl -fs "localhost:$port/readyz" >/dev/null && break; sleep 0.2; done

# The session of somebody: host, site, login, password.
session() {
    curl -s -D - -o /dev/null -H "Host: $1:$port" -H "Origin: http://$1:$port" "http://127.0.0.1:$port/api/$2/sign_in" \
        --data-urlencode "login=$3" --data-urlencode "password=$4" | sed -n 's/^set-cookie: \(__Host-sid=[^;]*\).*/\1/p'
}
cookie=$(session demo.localhost tenant owner@demo.example "$(awk '$1 == "demo.localhost" && $2 == "owner" {print $4}' data/sign-ins.txt)")
read -r login password < <(awk '$1 == "localhost" {print $(NF - 1), $NF}' data/sign-ins.txt)
admin=$(session localhost platform "$login" "$password")
[ -n "$cookie" ] && [ -n "$admin" ] || { echo "signing in failed" >&2; exit 1; }

rate() { wrk -t1 -c8 -d8s -H "Host: demo.localhost:$port" -H "Cookie: $cookie" "http://127.0.0.1:$port$1" | awk '/Requests\/sec/ {print $2}'; }
console() { wrk -t1 -c2 -d5s -H "Host: localhost:$port" -H "Cookie: $admin" "http://127.0.0.1:$port$1" | awk '/Requests\/sec/ {print $2}'; }
sql() {
    PGPASSWORD=$(head -1 data/secrets) psql -qAt -h "$folder/data/sockets" -U oneo_super oneo_crm -c "$1"
}
# Milliseconds of CPU that a page takes: the server, PostgreSQL and Redis together.
ticks() {
    local postmaster
    postmaster=$(head -1 data/postgres/postmaster.pid)
    for pid in "$server" "$postmaster" $(pgrep -P "$postmaster") "$(cat data/redis/redis.pid)"; do
        awk '{print $14 + $15}' "/proc/$pid/stat" 2>/dev/null || true
    done | awk '{sum += $1} END {print sum}'
}
cpu() {
    local before after pages
    before=$(ticks)
    pages=$(wrk -t1 -c8 -d8s -H "Host: demo.localhost:$port" -H "Cookie: $cookie" "http://127.0.0.1:$port$1" | awk '/requests in/ {print $1}')
    after=$(ticks)
    awk -v ticks="$((after - before))" -v hertz="$(getconf CLK_TCK)" -v pages="$pages" 'BEGIN {print ticks * 1000 / hertz / pages}'
}
live=$(rate /livez)
list=$(rate /users)
search=$(rate '/users?q=lindqvist')
printf '%-44s %10.0f /s\n' 'health check (no work at all)' "$live" 'user list, 50 of 1,000 users, signed in' "$list" 'user list, searched' "$search"
printf '%-44s %10.2f ms\n' 'user list, CPU of a page' "$(cpu /users)"
printf '%-44s %10.3f\n' 'user list / health check' "$(echo "$list $live" | awk '{print $1 / $2}')"

# What a flood on one company does to another: forty clients on a list, eight slow uploads and four people who sign in again and again.
read -r owner password < <(awk '$1 == "test.localhost" && $2 == "owner" {print $3, $4}' data/sign-ins.txt)
other=$(session test.localhost tenant "$owner" "$password")
slowest() { wrk -t1 -c1 -d8s --latency -H "Host: test.localhost:$port" -H "Cookie: $other" "http://127.0.0.1:$port/users" | awk '/50%|99%/ {print $2}' | sed 's/\([0-9.]*\)us/\1 0.001/; s/\([0-9.]*\)ms/\1 1/; s/^\([0-9.]*\)s$/\1 1000/' | awk '{printf "%.2f ", $1 * $2}'; }
flood() {
    local word
    word=$(awk '$1 == "demo.localhost" && $2 == "owner" {print $4}' data/sign-ins.txt)
    head -c 1000000 /dev/zero | tr '\0' x >slow.csv
    for _ in $(seq 8); do
        curl -s -m 12 -o /dev/null --limit-rate 6k -H "Host: demo.localhost:$port" -H "Origin: http://demo.localhost:$port" -H "Cookie: $cookie" -F file=@slow.csv \
            "http://127.0.0.1:$port/api/tenant/user_import_upload" &
    done
    # One process for all of them: starting a process for each try would cost the other tenant more than the try itself.
    printf 'wrk.method = "POST"\nwrk.body = "login=owner@demo.example&password=%s"\nwrk.headers["Content-Type"] = "application/x-www-form-urlencoded"\nwrk.headers["Origin"] = "http://demo.localhost:%s"\n' "${word// /+}" "$port" >sign-in.lua
    wrk -t1 -c4 -d10s -s sign-in.lua -H "Host: demo.localhost:$port" "http://127.0.0.1:$port/api/tenant/sign_in" >/dev/null &
    wrk -t1 -c40 -d10s -H "Host: demo.localhost:$port" -H "Cookie: $cookie" "http://127.0.0.1:$port/users" >/dev/null &
}
quiet=$(slowest)
flood
sleep 1
beside=$(slowest)
sleep 4
printf '%-44s %10s ms (median, slowest of a hundred)\n' 'page of a company, alone' "$quiet" 'page of a company, beside a flooded one' "$beside"

# The same pages of the same company once it has a million people.
million() {
    schema=$(sql "SELECT schema_name FROM platform.tenants WHERE slug = 'demo'")
    sql "SET search_path TO $schema; \
         INSERT INTO users (username_key, email_key, email_unicode_key, name_key, username, email, first_name, last_name, created_at, last_login) \
         SELECT 'm' || n, 'm' || n || '@' || substr(md5(n::text), 1, 4) || '.example', '', substr(md5(n::text), 5, 7) || ' ' || substr(md5(n::text), 12, 8), \
             'm' || n, 'm' || n || '@' || substr(md5(n::text), 1, 4) || '.example', initcap(substr(md5(n::text), 5, 7)), initcap(substr(md5(n::text), 12, 8)), \
             now() - n * interval '1 second', CASE WHEN n % 3 = 0 THEN now() - n * interval '7 second' END FROM generate_series(1, 1000000) n; \
         INSERT INTO user_roles (user_id, role_key) SELECT id, 'user' FROM users WHERE username LIKE 'm%' ON CONFLICT DO NOTHING; \
         UPDATE quota SET max_users = 2000000, active_users = (SELECT count(*) FROM users WHERE is_active); ANALYZE users; ANALYZE user_roles" >/dev/null
}
people=('/users' '/users?sort=email&dir=desc' '/users?q=lindqvist' '/users?q=linnea' '/users?q=example' '/users?status=active&mfa=off')
for page in "${people[@]}"; do before+=("$(rate "$page")"); done
took=$SECONDS
million
printf '%-44s %10s s\n' 'a million people put in' "$((SECONDS - took))"
for n in "${!people[@]}"; do
    many=$(rate "${people[$n]}")
    printf '%-44s %10.2f times the time with 1,000 (%s and %s /s)\n' "user list, 1,000,000 people, ${people[$n]}" "$(echo "${before[$n]} $many" | awk '{print $1 / $2}')" "${before[$n]}" "$many"
done
# A page in the middle is found by its neighbour, as any other.
after=$(curl -s -H "Host: demo.localhost:$port" -H "Cookie: $cookie" "http://127.0.0.1:$port/users?q=m5" | sed -n 's/.*href="\(\/users?[^"]*after=[^"]*\)".*/\1/p' | head -1 | sed 's/&amp;/\&/g')
alone() { wrk -t1 -c1 -d5s -H "Host: demo.localhost:$port" -H "Cookie: $cookie" "http://127.0.0.1:$port$1" | awk '/Requests\/sec/ {print 1000 / $2}'; }
for page in '/users?q=m5' "$after"; do
    [ -n "$page" ] && printf '%-44s %10.1f ms\n' "alone, a broad search: ${page:0:20}" "$(alone "$page")"
done

# The contacts of the other company: a thousand of them, then a million. Each page alone, one at a time.
contacts() {
    local schema
    schema=$(sql "SELECT schema_name FROM platform.tenants WHERE slug = 'test'")
    sql "SET search_path TO $schema; \
         INSERT INTO records (pipeline_id, owner_id, title, search, data, created_at, updated_at) \
         SELECT p.id, (SELECT min(id) FROM users), initcap(first) || ' ' || initcap(last), first || ' ' || last || ' ' || last || '@' || host || '.example', \
             jsonb_build_object('first_name', initcap(first), 'last_name', initcap(last), 'email', jsonb_build_array(last || '@' || host || '.example'), \
                 'city', initcap(substr(md5(n::text), 24, 6)), 'source', (ARRAY['referral', 'website', 'event', 'partner'])[n % 4 + 1]), \
             now() - n * interval '1 second', now() - n * interval '7 second' \
         FROM pipelines p, (SELECT n, substr(md5(n::text), 1, 6) AS first, substr(md5(n::text), 7, 8) AS last, substr(md5(n::text), 16, 4) AS host \
             FROM generate_series($1, $2) n) m WHERE p.key = 'contacts'"
    sql "VACUUM ANALYZE $schema.records"
}
single() { wrk -t1 -c1 -d4s -H "Host: test.localhost:$port" -H "Cookie: $other" "http://127.0.0.1:$port$1" | awk '/Requests\/sec/ {print 1000 / $2}'; }
lists=('/p/contacts' '/p/contacts?sort=title&dir=desc' '/p/contacts?sort=created' '/p/contacts?sort=updated&dir=desc' '/p/contacts?owner=me' '/p/contacts?field.source=event' '/p/contacts?q=c4ca' '/p/contacts?q=a7')
contacts 1 1000
some=()
for page in "${lists[@]}"; do some+=("$(single "$page")"); done
contacts 1001 1000000
for n in "${!lists[@]}"; do
    many=$(single "${lists[$n]}")
    printf '%-44s %10.2f times the time with 1,000 (%.1f and %.1f ms)\n' "contacts, 1,000,000, ${lists[$n]#/p/contacts}" "$(echo "$many ${some[$n]}" | awk '{print $1 / $2}')" "${some[$n]}" "$many"
done
printf '%-44s %10.1f ms (demo, 3,000 deals)\n' 'board of deals' "$(wrk -t1 -c1 -d4s -H "Host: demo.localhost:$port" -H "Cookie: $cookie" "http://127.0.0.1:$port/p/deals/board" | awk '/Requests\/sec/ {print 1000 / $2}')"

# What a change of a field's type for a million records costs those who write meanwhile: a hundred writes a second, and how many of them, or of
# the job's own statements, waited more than 50 ms for a lock. The slowest writes wait for the disk, which takes the log of a million rows.
sql "ALTER SYSTEM SET deadlock_timeout = '50ms'"
sql "ALTER SYSTEM SET log_lock_waits = on"
sql 'SELECT pg_reload_conf()' >/dev/null
waits() { grep -c 'still waiting for' data/postgres.log || true; }
writes() {
    cat >write.sql <<SQL
\set id random(1, 1000000)
BEGIN;
SET LOCAL search_path TO tenant_test;
SELECT id FROM pipelines WHERE key = 'contacts' FOR KEY SHARE;
UPDATE records SET data = data || '{"phone": ["+4930123456"]}', version = version + 1 WHERE id = :id;
COMMIT;
SQL
    rm -f latency.*
    PGPASSWORD=$(head -1 data/secrets) pgbench -n -h "$folder/data/sockets" -U oneo_super -R 100 -T "$1" -f write.sql -l --log-prefix=latency oneo_crm >/dev/null 2>&1
    awk '{print $3 / 1000}' latency.* | sort -g | awk '{all[NR] = $1} END {printf "%.1f and %.1f ms", all[int(NR / 2) + 1], all[NR]}'
}
act() { curl -s -o /dev/null -w '%{time_total}' -H "Host: test.localhost:$port" -H "Origin: http://test.localhost:$port" -H "Cookie: $other" "http://127.0.0.1:$port/api/tenant/$1" "${@:2}"; }
beside() {
    local name=$1 begun since waited
    waited=$(waits)
    writes 60 >writes.txt &
    local writer=$!
    sleep 2
    since=$SECONDS
    begun=$(act "${@:2}")
    while [ "$(sql "SELECT count(*) FROM platform.jobs WHERE status IN ('queued', 'running')")" != 0 ]; do sleep 1; done
    printf '%-44s %10.0f ms, then a job of %s s\n' "$name" "$(echo "$begun" | awk '{print $1 * 1000}')" "$((SECONDS - since))"
    wait "$writer"
    printf '%-44s %s (median, slowest), %s locks over 50 ms\n' '  writes beside it' "$(cat writes.txt)" "$(($(waits) - waited))"
}
printf '%-44s %s (median, slowest)\n' 'writes beside nothing' "$(writes 10)"
version=$(sql "SELECT version FROM tenant_test.pipelines WHERE key = 'contacts'")
beside 'type of a field of 1,000,000 records' field_type_change -d pipeline=contacts -d field=source -d "version=$version" -d kind=text
beside 'the same undone' field_type_undo -d pipeline=contacts -d field=source
beside 'field deleted' field_delete -d pipeline=contacts -d field=source
beside 'field restored' field_restore -d pipeline=contacts -d field=source

# A field that lists sort by gets an index.
unindexed=$(single '/p/contacts?sort=field.city')
for _ in $(seq 60); do [ "$(sql "SELECT count(*) FROM pg_class WHERE relname LIKE 'rx\\_%'")" = 0 ] || break; sleep 1; done
while [ "$(sql "SELECT count(*) FROM platform.jobs WHERE status IN ('queued', 'running')")" != 0 ]; do sleep 1; done
printf '%-44s %10.1f ms, with its index %.1f ms\n' 'contacts, 1,000,000, sorted by a field' "$unindexed" "$(single '/p/contacts?sort=field.city')"

# The console with ten companies and with ten thousand: the same pages, in one run. The ten are there as the others are.
fleet() {
    sql "INSERT INTO platform.tenants (name_key, name, slug, schema_name, user_count, created_on) \
         SELECT substr(md5(n::text), 1, 7) || ' ' || substr(md5(n::text), 8, 6), \
             initcap(substr(md5(n::text), 1, 7)) || ' ' || initcap(substr(md5(n::text), 8, 6)), 'b' || substr(md5(n::text), 20, 10), \
             'tenant_b' || substr(md5(n::text), 20, 10), n % 90, now() - n * interval '1 minute' FROM generate_series($1, $2) n; \
         INSERT INTO platform.domains (domain, tenant_id, is_primary, verified_at) \
         SELECT slug || '.localhost', id, true, now() FROM platform.tenants WHERE slug LIKE 'b__________' ON CONFLICT DO NOTHING; \
         INSERT INTO platform.usage_sizes (tenant_id, tried_at, measured_at, bytes, rows, tables) SELECT id, now(), now(), id * 1000, id, '{}' FROM platform.tenants WHERE slug LIKE 'b__________' ON CONFLICT DO NOTHING; \
         INSERT INTO platform.usage_days SELECT id, (now() AT TIME ZONE 'UTC')::date, id % 5000 FROM platform.tenants WHERE slug LIKE 'b__________' ON CONFLICT DO NOTHING; \
         ANALYZE platform.tenants; ANALYZE platform.domains; ANALYZE platform.usage_sizes; ANALYZE platform.usage_days"
}
pages=('/' '/tenants?size=25' '/tenants?q=c4ca42&size=25' '/tenants?q=a7f&size=25' '/tenants?q=tenant_b&size=25' '/tenants?sort=users&dir=desc&size=25' '/usage?sort=storage&dir=desc&size=25')
fleet 1 8
for page in "${pages[@]}"; do few+=("$(console "$page")"); done
fleet 9 10000
for n in "${!pages[@]}"; do
    many=$(console "${pages[$n]}")
    printf '%-44s %10.2f times the time with 10 (%s and %s /s)\n' "console, 10,000 companies, ${pages[$n]}" "$(echo "${few[$n]} $many" | awk '{print $1 / $2}')" "${few[$n]}" "$many"
done

times=()
for n in $(seq 20); do
    took=$("$binary" tenant create "Bench $n" "bench$n" --owner-email "o@bench$n.example" --owner-first-name O --owner-last-name P | sed -n 's/.*created in \([0-9]*\) ms/\1/p')
    times+=("$took")
done
printf '%-44s %10s ms (median of 20)\n' 'create a company, schema and owner' "$(printf '%s\n' "${times[@]}" | sort -n | sed -n 10p)"
printf '%-44s %10s MB\n' 'memory of the server' "$(awk '/VmRSS/ {print int($2 / 1024)}' /proc/$server/status)"
