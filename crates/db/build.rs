//! Migrations are embedded; this makes a changed one rebuild the crate.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
    println!("cargo::rerun-if-changed=bootstrap.sql");
}
