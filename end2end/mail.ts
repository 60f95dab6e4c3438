import { expect } from "@playwright/test";
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import PostalMime from "postal-mime";
import { SMTPServer } from "smtp-server";

interface SentEmail {
    to: string;
    subject: string;
    text: string;
}

/** A mail server of its own; each e-mail it takes becomes a file in `folder`. */
export async function mailServer(folder: string) {
    mkdirSync(folder, { recursive: true });
    let count = 0;
    const server = new SMTPServer({
        authOptional: true,
        disabledCommands: ["STARTTLS", "AUTH"],
        onData(stream, session, done) {
            const parts: Buffer[] = [];
            stream.on("data", (part) => parts.push(part));
            stream.on("end", async () => {
                const parsed = await PostalMime.parse(Buffer.concat(parts));
                const email: SentEmail = { to: session.envelope.rcptTo[0].address, subject: parsed.subject ?? "", text: parsed.text ?? "" };
                const name = String(++count).padStart(6, "0");
                writeFileSync(join(folder, `${name}.part`), JSON.stringify(email));
                renameSync(join(folder, `${name}.part`), join(folder, `${name}.json`));
                done();
            });
        },
    });
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    const { port } = server.server.address() as AddressInfo;
    return { port, close: () => new Promise<void>((closed) => server.close(closed)) };
}

/** The newest e-mail to an address, once there are `count` of them. */
export async function emailTo(address: string, count = 1): Promise<SentEmail> {
    const folder = process.env.ONEO_MAIL ?? "";
    const read = () =>
        readdirSync(folder)
            .filter((name) => name.endsWith(".json"))
            .sort()
            .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as SentEmail)
            .filter((email) => email.to === address);
    await expect.poll(() => read().length, { timeout: 15_000 }).toBe(count);
    return read()[count - 1];
}

/** The link an e-mail brings. */
export const linkOf = (email: SentEmail) => email.text.split(/\s+/).find((word) => word.startsWith("http")) ?? "";
