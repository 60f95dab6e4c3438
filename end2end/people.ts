import { expect, type Browser, type Page } from "@playwright/test";
import { request } from "node:http";

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

/** Signs in without a page, and gives the session's cookie. */
async function session(host: string, role: string) {
    const known = sessions.get(`${host} ${role}`);
    if (known && Date.now() - known.since < FRESH_MS) return known.cookie;
    const { login, password } = signIn(host, role);
    const body = new URLSearchParams({ login, password }).toString();
    const path = `/api/${host === "localhost" ? "platform" : "tenant"}/sign_in`;
    // Node knows no names below localhost.
    const headers = { host: `${host}:${PORT}`, origin: `http://${host}:${PORT}`, "content-type": "application/x-www-form-urlencoded" };
    const set = await new Promise<string[]>((done, failed) => {
        const asked = request({ host: "127.0.0.1", port: PORT, path, method: "POST", headers }, (answer) => {
            answer.resume();
            done(answer.headers["set-cookie"] ?? []);
        });
        asked.on("error", failed);
        asked.end(body);
    });
    const cookie = set.map((one) => one.match(/^__Host-sid=([^;]+)/)?.[1]).find((value) => value);
    if (!cookie) throw new Error(`${role} could not sign in on ${host}`);
    sessions.set(`${host} ${role}`, { cookie, since: Date.now() });
    return cookie;
}

/** Somebody of `oneo dev`, signed in, on the first page. How people sign in by hand, `sign-in.spec.ts` shows. */
export async function as(page: Page, host: string, role: string) {
    const value = await session(host, role);
    await page.context().addCookies([{ name: "__Host-sid", value, domain: host, path: "/", secure: true, httpOnly: true, sameSite: "Lax" }]);
    await page.goto(on(host));
    await expect(page).toHaveURL(on(host));
}

/** A browser of its own, with the settings of the project. */
export async function another(browser: Browser, javaScriptEnabled: boolean | undefined) {
    return (await browser.newContext({ javaScriptEnabled })).newPage();
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

/** A company of its own for a test, whose owner has set a password. */
export async function company(page: Page, browser: Browser, javaScriptEnabled: boolean | undefined) {
    const name = word("firm");
    await as(page, "localhost", "platform admin");
    await page.goto(on("localhost", "/tenants/new"));
    await page.locator("#name").fill(name);
    await page.locator("#domain").fill(name);
    await page.locator("#owner_first_name").fill("Olga");
    await page.locator("#owner_last_name").fill("Owner");
    await page.locator("#owner_email").fill(`olga@${name}.example`);
    await page.getByRole("button", { name: "Create tenant" }).click();
    const link = await page.locator("[data-one-time-link]").inputValue();
    const owner = await another(browser, javaScriptEnabled);
    await accept(owner, link);
    return { name, owner };
}

/** Somebody new of a company, who has set a password and is signed in. */
export async function colleague(owner: Page, browser: Browser, javaScriptEnabled: boolean | undefined, host: string, role: RegExp) {
    await owner.goto(on(host, "/users/new"));
    await owner.locator("#first_name").fill("Mara");
    await owner.locator("#last_name").fill("Lind");
    await owner.locator("#email").fill(`mara@${host.split(".")[0]}.example`);
    await owner.getByRole("radio", { name: role }).check();
    await owner.getByRole("radio", { name: /Give me the link/ }).check();
    await owner.getByRole("button", { name: "Create user" }).click();
    const mara = await another(browser, javaScriptEnabled);
    await accept(mara, await owner.locator("[data-one-time-link]").inputValue());
    return mara;
}
