import { resolve } from "node:path";

/** The program that is tried: the one the Rust tests use, or the one that is named, such as a release. */
export const PROGRAM = resolve(process.env.ONEO_PROGRAM ?? resolve(__dirname, "../target/ci/oneo"));

/** The program that puts the other one behind TLS, see `crates/test-support/src/bin`. */
export const STAGING = resolve(__dirname, "../target/ci/staging");
