#!/usr/bin/env bash
# Installs what is missing and skips what is there. `run` is what serving needs, `test` adds what the tests need, `watch`
# what hot reload needs.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-test}

CARGO_LEPTOS=0.3.10
CARGO_DENY=0.20.2
CARGO_NEXTEST=0.9.143
WASM_BINDGEN=$(sed -n '/^name = "wasm-bindgen"$/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock)

say() { printf '\033[1m%s\033[0m\n' "$*"; }
has() { command -v "$1" >/dev/null 2>&1; }

# Tools need not run fast, they need to be there soon: without optimization they build in a tenth of the time.
install_tool() {
    say "Installing $1 $2 (minutes, once)"
    CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        CARGO_PROFILE_RELEASE_DEBUG=0 CARGO_TARGET_DIR=target/tools cargo install "$1" --version "$2" --force "${@:3}"
}

# The versions of the lock file, which stays as it is. Not `npm ci`: that refuses a lock file without the packages of
# platforms that the registry it was made with does not carry.
npm_install() {
    [ "$1/node_modules/.package-lock.json" -nt "$1/package-lock.json" ] || (cd "$1" && npm install --no-save --no-audit --no-fund --loglevel=error)
}

packages() {
    local missing=("$@")
    [ ${#missing[@]} -eq 0 ] && return
    if has apt-get; then
        local sudo=""
        [ "$(id -u)" = 0 ] || sudo=sudo
        say "Installing ${missing[*]}"
        # Debian would start a server of its own with each package; the private ones are enough.
        $sudo mkdir -p /etc/postgresql-common
        [ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" | $sudo tee /etc/postgresql-common/createcluster.conf >/dev/null
        $sudo apt-get update -qq
        $sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq "${missing[@]}" >/dev/null
    elif has brew; then
        local names=()
        for name in "${missing[@]}"; do
            case $name in
                postgresql) names+=(postgresql@17) ;;
                redis-server) names+=(redis) ;;
                chromium) brew install --cask chromium ;;
                *) names+=("$name") ;;
            esac
        done
        [ ${#names[@]} -eq 0 ] || brew install "${names[@]}"
    else
        echo "Install these and run this again: ${missing[*]}" >&2
        exit 1
    fi
}

has cargo && has npm || { echo "Rust (rustup) and Node.js 20 or newer are needed first." >&2; exit 1; }

missing=()
has gcc || has cc || missing+=(gcc)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || has initdb || missing+=(postgresql)
has redis-server || missing+=(redis-server)
if [ "$what" = test ]; then
    has chromium || [ -d /Applications/Chromium.app ] || missing+=(chromium)
fi
packages "${missing[@]}"

has rustup && { rustup target list --installed | grep -qx wasm32-unknown-unknown || rustup target add wasm32-unknown-unknown; }
[ "$(wasm-bindgen --version 2>/dev/null | cut -d' ' -f2)" = "$WASM_BINDGEN" ] || install_tool wasm-bindgen-cli "$WASM_BINDGEN"
npm_install style
if [ "$what" = watch ]; then
    cargo leptos --version 2>/dev/null | grep -q "$CARGO_LEPTOS" || install_tool cargo-leptos "$CARGO_LEPTOS" --locked
fi

if [ "$what" = test ]; then
    has cargo-nextest || install_tool cargo-nextest "$CARGO_NEXTEST" --locked
    has cargo-deny || install_tool cargo-deny "$CARGO_DENY" --locked
    npm_install end2end
fi
