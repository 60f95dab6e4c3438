// Builds the site that the browser gets into target/site: the islands as WebAssembly, the style sheet, the public files, each
// name with the hash of its content, each text also compressed. Does nothing when nothing it is made of has changed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
process.chdir(ROOT);
process.env.PATH = `${join(ROOT, "style/node_modules/.bin")}:${process.env.PATH}`;

const NAME = "oneo";
const WASM = "target/wasm32-unknown-unknown/wasm-release/islands.wasm";
const SITE = "target/site";
const STAMP = "target/site.stamp";
const HASHES = "target/site.hash.txt";
/** What decides how the site looks, besides the WebAssembly: where Tailwind finds class names, and what it is told. */
const STYLED = ["style/main.css", "style/package-lock.json", "app/src", "crates/islands/src", "src/http", "public", "scripts/site.mjs"];

function run(program, args, env = {}) {
    const done = spawnSync(program, args, { stdio: ["ignore", "inherit", "pipe"], env: { ...process.env, ...env } });
    if (done.status !== 0) {
        process.stderr.write(done.stderr ?? "");
        console.error(`${program} failed: ${done.error?.message ?? `status ${done.status}`}`);
        process.exit(1);
    }
}

function* files(path) {
    if (!statSync(path).isDirectory()) yield path;
    else for (const name of readdirSync(path).sort()) yield* files(join(path, name));
}

// The browser gets views with all their types, whatever the server of development is built with: they are smaller.
const cargo = spawnSync(
    "cargo",
    ["build", "-p", "islands", "--lib", "--target", "wasm32-unknown-unknown", "--features", "hydrate", "--profile", "wasm-release", "--locked"],
    { stdio: "inherit", env: { ...process.env, CARGO_ENCODED_RUSTFLAGS: "" } },
);
if (cargo.status !== 0) process.exit(1);

const stamp = createHash("sha256");
for (const path of [WASM, "Cargo.lock", ...STYLED.flatMap((path) => [...files(path)])]) stamp.update(path).update(readFileSync(path));
const digest = stamp.digest("hex");
if (existsSync(SITE) && existsSync(HASHES) && existsSync(STAMP) && readFileSync(STAMP, "utf8") === digest) process.exit(0);

const fresh = "target/site.new";
const pkg = join(fresh, "pkg");
rmSync(fresh, { recursive: true, force: true });
mkdirSync(pkg, { recursive: true });
cpSync("public", fresh, { recursive: true });

run("wasm-bindgen", ["--target", "web", "--no-typescript", "--out-name", NAME, "--out-dir", pkg, WASM]);
// Leptos asks for the module without the suffix that wasm-bindgen gives it.
renameSync(join(pkg, `${NAME}_bg.wasm`), join(pkg, `${NAME}.wasm`));
run("wasm-opt", ["-Oz", "--enable-bulk-memory", "--enable-nontrapping-float-to-int", join(pkg, `${NAME}.wasm`), "-o", join(pkg, `${NAME}.wasm`)]);
run("tailwindcss", ["--input", "style/main.css", "--output", join(pkg, `${NAME}.css`), "--minify"]);

const { minify } = createRequire(join(ROOT, "style/"))("terser");
const script = readFileSync(join(pkg, `${NAME}.js`), "utf8").replaceAll(`${NAME}_bg.wasm`, `${NAME}.wasm`);
writeFileSync(join(pkg, `${NAME}.js`), (await minify(script, { module: true })).code);

// Names hold the hash of their content, so that browsers keep files for ever; site.hash.txt tells the server which.
const hash = (path) => createHash("md5").update(readFileSync(path)).digest("base64url");
const hashed = (extension) => {
    const path = join(pkg, `${NAME}.${extension}`);
    const value = hash(path);
    renameSync(path, join(pkg, `${NAME}.${value}.${extension}`));
    return value;
};
const wasm = hashed("wasm");
writeFileSync(join(pkg, `${NAME}.js`), readFileSync(join(pkg, `${NAME}.js`), "utf8").replaceAll(`${NAME}.wasm`, `${NAME}.${wasm}.wasm`));
// Beside the site, not in it: what is in it is served.
const hashes = `js: ${hashed("js")}\nwasm: ${wasm}\ncss: ${hashed("css")}\n`;

// As small as they get: they are made once and sent often.
for (const name of readdirSync(pkg).filter((name) => /\.(wasm|js|css)$/.test(name))) {
    const path = join(pkg, name);
    const plain = readFileSync(path);
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
    const small = brotliCompressSync(plain, { params });
    writeFileSync(`${path}.br`, small);
    writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }));
    console.log(`${name}: ${plain.length} bytes, ${small.length} as brotli`);
}

rmSync(SITE, { recursive: true, force: true });
renameSync(fresh, SITE);
writeFileSync(HASHES, hashes);
writeFileSync(STAMP, digest);
