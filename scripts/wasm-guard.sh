#!/usr/bin/env bash
# Server crates must never reach the browser.
set -euo pipefail
cd "$(dirname "$0")/.."
tree=$(cargo tree -p islands --target wasm32-unknown-unknown --features hydrate -e normal --prefix none)
if found=$(grep -E '^(diesel|diesel-async|tokio-postgres|redis|argon2|axum|app|control|identity|records|kernel|db|cache) v' <<<"$tree"); then
    printf 'These reach the browser:\n%s\n' "$found" >&2
    exit 1
fi
echo "wasm guard: no server crate reaches the browser"
