#!/usr/bin/env bash
# Runs targets of make one after another and ends with a table of how long each took, whether all passed or not.
set -uo pipefail
cd "$(dirname "$0")/.."
names=() seconds=() failed=
for stage in "$@"; do
    begun=$SECONDS
    make --no-print-directory "$stage" || failed=$stage
    names+=("$stage") seconds+=($((SECONDS - begun)))
    [ -z "$failed" ] || break
done
total=0
for spent in "${seconds[@]}"; do total=$((total + spent)); done
printf '\n%-12s %8s %7s\n' stage minutes share
for n in "${!names[@]}"; do
    awk -v name="${names[$n]}" -v spent="${seconds[$n]}" -v total="$total" \
        'BEGIN { printf "%-12s %8.1f %6.0f%%\n", name, spent / 60, total ? 100 * spent / total : 0 }'
done
awk -v total="$total" 'BEGIN { printf "%-12s %8.1f (budget 30, see docs/TESTING.md)\n", "all", total / 60 }'
[ -z "$failed" ] || { echo "failed: $failed" >&2; exit 1; }
