import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mailServer } from "./mail";
import { PROGRAM } from "./program";

/** Starts the built binary with data of its own, as a newcomer would, and stops it after the last test. */
export default async function start() {
    const port = 8100;
    const folder = mkdtempSync(join(tmpdir(), "oneo-e2e-"));
    // As root the services run as another user, who must be able to enter.
    chmodSync(folder, 0o755);
    const mailFolder = join(folder, "emails");
    const mail = await mailServer(mailFolder);
    const server = spawn(PROGRAM, ["dev"], {
        cwd: folder,
        env: { PATH: process.env.PATH, HOME: process.env.HOME, LISTEN: `127.0.0.1:${port}`, ONEO_PUBLIC_URL: `http://localhost:${port}`, LOG_FILTER: "warn", AI_PRIVATE_ADDRESSES: "allowed", MAIL: `smtp://127.0.0.1:${mail.port}` },
        stdio: ["ignore", "ignore", "inherit"],
    });
    let ended = false;
    server.on("exit", () => (ended = true));
    for (let tries = 0; ; tries++) {
        if (ended || tries > 300) throw new Error("the server did not start");
        try {
            if ((await fetch(`http://localhost:${port}/readyz`)).ok) break;
        } catch {}
        await new Promise((done) => setTimeout(done, 200));
    }
    process.env.ONEO_FOLDER = folder;
    process.env.ONEO_MAIL = mailFolder;
    process.env.ONEO_URL = `http://localhost:${port}`;
    process.env.ONEO_SIGN_INS = readFileSync(join(folder, "data/sign-ins.txt"), "utf8");
    return async () => {
        server.kill("SIGTERM");
        for (let tries = 0; !ended && tries < 300; tries++) await new Promise((done) => setTimeout(done, 100));
        if (!ended) server.kill("SIGKILL");
        await mail.close();
        rmSync(folder, { recursive: true, force: true });
    };
}
