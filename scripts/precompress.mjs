// Writes a .br and a .gz beside each file of the built site, as small as they get: they are made once and sent often.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const folder = process.argv[2];
const all = readdirSync(folder);
// Typings are for people who build, not for browsers.
for (const name of all.filter((name) => /\.(br|gz|ts)$/.test(name))) {
    rmSync(join(folder, name));
}
for (const name of all) {
    const path = join(folder, name);
    if (/\.(wasm|js|css|svg)$/.test(name)) {
        const plain = readFileSync(path);
        const size = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
        const small = brotliCompressSync(plain, { params: size });
        writeFileSync(`${path}.br`, small);
        writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }));
        console.log(`${name}: ${plain.length} bytes, ${small.length} as brotli`);
    }
}
