import { expect, type Browser, type Page } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { request } from "node:http";
import { still } from "./chromium";
import { PROGRAM } from "./program";

export const PORT = new URL(process.env.ONEO_URL ?? "http://localhost:8100").port;

/** The address of a page on a site. */
export const on = (host: string, path = "/") => `http://${host}:${PORT}${path}`;

/** The random sign-in that `oneo dev` made. */
export function signIn(host: string, role: string) {
    const line = (process.env.ONEO_SIGN_INS ?? "").split("\n").find((line) => line.trim().startsWith(`${host} `) && line.includes(` ${role} `));
    if (!line) throw new Error(`no sign-in for ${role} on ${host}`);
    const [login, password] = line.trim().split(/\s+/).slice(-2);
    return { login, password };
}

/** Signs in on the page that asks for it; `url` gives the address of a page on a site. */
export async function enter(page: Page, host: string, login: string, password: string, url = on) {
    await page.goto(url(host, "/login"));
    await page.locator("#login").fill(login);
    await page.locator("#password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).toHaveURL(url(host, "/"));
}

/** Sessions that this worker has, by host and role; they are used again while what they prove is fresh. */
const sessions = new Map<string, { cookie: string; since: number }>();
const FRESH_MS = 5 * 60_000;

/** Posts a form without a page, and gives the status and the session cookie of the answer. Node knows no names below localhost. */
async function post(host: string, path: string, fields: Record<string, string>) {
    const headers = { host: `${host}:${PORT}`, origin: `http://${host}:${PORT}`, "content-type": "application/x-www-form-urlencoded" };
    const { status, set } = await new Promise<{ status?: number; set: string[] }>((done, failed) => {
        const asked = request({ host: "127.0.0.1", port: PORT, path, method: "POST", headers }, (answer) => {
            answer.resume();
            done({ status: answer.statusCode, set: answer.headers["set-cookie"] ?? [] });
        });
        asked.on("error", failed);
        asked.end(new URLSearchParams(fields).toString());
    });
    return { status, cookie: set.map((one) => one.match(/^__Host-sid=([^;]+)/)?.[1]).find((value) => value) };
}

/** Opens the first page of a site in a browser that has a session there. */
async function goOn(page: Page, host: string, value: string) {
    await page.context().addCookies([{ name: "__Host-sid", value, domain: host, path: "/", secure: true, httpOnly: true, sameSite: "Lax" }]);
    await page.goto(on(host));
    await expect(page).toHaveURL(on(host));
}

/** Signs in without a page, and gives the session's cookie. */
async function session(host: string, role: string) {
    const known = sessions.get(`${host} ${role}`);
    if (known && Date.now() - known.since < FRESH_MS) return known.cookie;
    const { status, cookie } = await post(host, `/api/${host === "localhost" ? "platform" : "tenant"}/sign_in`, signIn(host, role));
    if (!cookie) throw new Error(`${role} could not sign in on ${host}: ${status}`);
    sessions.set(`${host} ${role}`, { cookie, since: Date.now() });
    return cookie;
}

/** Somebody of `oneo dev`, signed in, on the first page. How people sign in by hand, `sign-in.spec.ts` shows. */
export async function as(page: Page, host: string, role: string) {
    await goOn(page, host, await session(host, role));
}

/** A browser of its own, with the settings of the project. */
export async function another(browser: Browser, javaScriptEnabled: boolean | undefined) {
    return (await browser.newContext({ javaScriptEnabled, ...still })).newPage();
}

/** A word that no other test uses. */
export const word = (start: string) => `${start}${Date.now().toString(36)}${Math.floor(Math.random() * 1000)}`;

export const PASSWORD = "seven purple otters juggle";

/** Sets a password by a one-time link, which signs in. */
export async function accept(page: Page, link: string) {
    await page.goto(link);
    await page.locator("#password").fill(PASSWORD);
    await page.locator("#password_repeated").fill(PASSWORD);
    await page.getByRole("button", { name: "Set password and sign in" }).click();
    await expect(page).toHaveURL(new URL("/", link).href);
}

/** Runs a command of the program beside the running server, and gives the link it prints. */
function link(args: string[]) {
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, ONEO_PUBLIC_URL: `http://localhost:${PORT}` };
    return execFileSync(PROGRAM, args, { cwd: process.env.ONEO_FOLDER, env, encoding: "utf8" }).match(/http\S+\/invite\/\S+/)![0];
}

/** Sets a password by a one-time link without its page, and opens the site. How people do it, `journey.spec.ts` shows. */
async function enterBy(page: Page, url: string) {
    const { hostname, pathname } = new URL(url);
    const fields = { token: pathname.split("/").at(-1)!, password: PASSWORD, password_repeated: PASSWORD };
    // The server hears a moment later of a site that a command made, and is busy with other passwords for another.
    let session: string | undefined;
    await expect(async () => {
        const { status, cookie } = await post(hostname, "/api/tenant/invite_accept", fields);
        expect(cookie, `${url} was answered with ${status}`).toBeTruthy();
        session = cookie;
    }).toPass({ timeout: 10_000, intervals: [100, 200, 500] });
    await goOn(page, hostname, session!);
}

/** A company of its own for a test, whose owner has set a password; `page` is a platform admin's. */
export async function company(page: Page, browser: Browser, javaScriptEnabled: boolean | undefined) {
    const name = word("firm");
    const owner = await another(browser, javaScriptEnabled);
    const who = ["--owner-email", `olga@${name}.example`, "--owner-first-name", "Olga", "--owner-last-name", "Owner"];
    const invitation = link(["tenant", "create", name, name, ...who]);
    await Promise.all([as(page, "localhost", "platform admin"), enterBy(owner, invitation)]);
    return { name, owner };
}

/** Somebody new of a company, who has set a password and is signed in. */
export async function colleague(browser: Browser, javaScriptEnabled: boolean | undefined, slug: string, role: string) {
    const mara = await another(browser, javaScriptEnabled);
    const who = ["--first-name", "Mara", "--last-name", "Lind", "--role", role];
    await enterBy(mara, link(["user", "create", slug, `mara@${slug}.example`, ...who]));
    return mara;
}
