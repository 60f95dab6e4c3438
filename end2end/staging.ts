import { type Browser, type BrowserContext, type Page } from "@playwright/test";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { chromium, still } from "./chromium";
import { PASSWORD, enter } from "./users";
import { PROGRAM, STAGING } from "./program";

/** A sibling of companies that belongs to somebody who attacks, and a site of theirs that is no relation. */
export const SIBLING = "evil.example.test";
export const STRANGER = "evil.other.test";

/** Chromium for which everything below `test` is on this machine. */
export const onStaging = { ...chromium, args: [...chromium.args, "--host-resolver-rules=MAP *.test 127.0.0.1, MAP example.test 127.0.0.1"] };

/** What somebody who attacks serves, by path. */
type Evil = { body?: string; cookies?: string[] };

/** The program as it is deployed: on `https://example.test` behind a proxy that ends TLS, with siblings that are hostile. */
export class Staging {
    readonly evil = new Map<string, Evil>();
    private server!: Server;
    private process!: ChildProcess;
    private said!: { port: number; environment: Record<string, string> };

    static async start() {
        const staging = new Staging();
        staging.server = createServer((request, response) => {
            const page = staging.evil.get(request.url ?? "/");
            if (page?.cookies) response.setHeader("set-cookie", page.cookies);
            response.setHeader("content-type", "text/html; charset=utf-8");
            response.writeHead(page ? 200 : 404).end(page?.body ?? "");
        });
        await new Promise<void>((done) => staging.server.listen(0, "127.0.0.1", done));
        const evil = `127.0.0.1:${(staging.server.address() as AddressInfo).port}`;
        staging.process = spawn(STAGING, [PROGRAM, `${SIBLING}=${evil}`, `${STRANGER}=${evil}`], { stdio: ["pipe", "pipe", "inherit"] });
        for await (const line of createInterface({ input: staging.process.stdout! })) {
            staging.said = JSON.parse(line);
            break;
        }
        if (!staging.said) throw new Error("staging did not start");
        return staging;
    }

    async stop() {
        const ended = new Promise((done) => this.process.once("exit", done));
        this.process.stdin!.end();
        await ended;
        this.server.close();
    }

    /** The address of a page of the platform, of a company or of somebody who attacks. */
    url = (host: string, path = "/") => `https://${host}:${this.said.port}${path}`;

    /** Runs a command of the program and gives what it says. */
    oneo(args: string[], input = "") {
        const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...this.said.environment };
        return execFileSync(PROGRAM, args, { env, input, encoding: "utf8" });
    }

    /** Makes a company, and gives the link its owner signs in with first. */
    tenant(slug: string) {
        const owner = ["--owner-email", `owner@${slug}.example`, "--owner-first-name", "Olga", "--owner-last-name", "Owner"];
        return this.oneo(["tenant", "create", `Company ${slug}`, slug, ...owner]).match(/https\S+\/invite\/\S+/)![0];
    }

    /** Makes somebody of a company, and gives the link they sign in with first. */
    user(slug: string, role: string) {
        const name = ["--first-name", "Rolf", "--last-name", "Role", "--role", role];
        return this.oneo(["user", "create", slug, `${role}@${slug}.example`, ...name]).match(/https\S+\/invite\/\S+/)![0];
    }

    /** Makes somebody who runs the platform, with a password. */
    admin(role: string) {
        const name = ["--email", `${role}@oneo.example`, "--first-name", "Karin", "--last-name", "Ahlberg", "--role", role];
        this.oneo(["admin", "create", ...name, "--password-stdin"], `${PASSWORD}\n`);
    }

    /** A browser without cookies. */
    async visitor(browser: Browser) {
        const context = await browser.newContext({ ignoreHTTPSErrors: true, ...still });
        return { context, page: await context.newPage() };
    }

    /** Signs somebody in on the page that asks for it. */
    enter = (page: Page, host: string, login: string) => enter(page, host, login, PASSWORD, this.url);
}

/** Whatever pages of a browser did that they should not: scripts that were typed, and what a policy had to refuse. */
export async function watched(context: BrowserContext) {
    const found: string[] = [];
    await context.exposeBinding("noted", ({ page }, what: string) => void found.push(`${new URL(page.url()).pathname}: ${what}`));
    await context.addInitScript(() => {
        const noted = (what: string) => (window as unknown as { noted: (what: string) => void }).noted(what);
        for (let number = 1; number <= 25; number++) {
            const name = `xq${String(number).padStart(2, "0")}`;
            Object.defineProperty(window, name, { value: () => noted(`${name} ran`) });
        }
        document.addEventListener("securitypolicyviolation", (event) => noted(`${event.effectiveDirective} refused ${event.blockedURI || event.sourceFile}`));
    });
    context.on("request", (request) => {
        if (/^[a-z]+:\/\/xq/.test(request.url())) found.push(`asked for ${request.url()}`);
    });
    return found;
}
