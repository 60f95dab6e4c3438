//! The one binary of Oneo.

use clap::Parser;

#[cfg(all(erase_components, not(debug_assertions)))]
compile_error!("this release would serve pages a quarter slower: build it with `make build`, see .cargo/config.toml");

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    oneo::cli::run(oneo::cli::Cli::parse())
}
