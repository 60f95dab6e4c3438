import { expect, test, type Browser, type Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pages } from "../pages";
import { PASSWORD, accept } from "../users";
import { SIBLING, STRANGER, Staging, onStaging, watched } from "../staging";

// Companies below one domain, over TLS: siblings are of one site, and their cookies reach one another, as when deployed.
test.use({ launchOptions: onStaging });

const ALPHA = "alpha.example.test";
const PLATFORM = "example.test";
const OWNER = "owner@alpha.example";
let staging: Staging;

test.beforeAll(async ({ browser }) => {
    test.setTimeout(120_000);
    staging = await Staging.start();
    staging.admin("admin");
    staging.admin("support");
    const { context, page } = await staging.visitor(browser);
    await accept(page, staging.tenant("alpha"));
    for (const role of ["admin", "manager", "salesperson", "user"]) {
        await context.clearCookies();
        await accept(page, staging.user("alpha", role));
    }
    await context.close();
});

test.afterAll(async () => staging?.stop());

/** What a browser sends along when it asks for a page. */
async function sent(page: Page, url: string) {
    const [request] = await Promise.all([page.waitForRequest(url), page.goto(url)]);
    return (await request.allHeaders()).cookie ?? "";
}

test("r11_a_browser_drops_the_cookie", async ({ browser }) => {
    const { context, page } = await staging.visitor(browser);
    await staging.enter(page, ALPHA, OWNER);
    expect(await sent(page, staging.url(ALPHA, "/users"))).toContain("__Host-sid=");
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page).toHaveURL(staging.url(ALPHA, "/login"));
    expect(await sent(page, staging.url(ALPHA, "/login"))).not.toContain("__Host-sid=");
    expect((await context.cookies()).map((cookie) => cookie.name)).not.toContain("__Host-sid");
    await context.close();
});

test("r15_cookies_of_a_sibling_change_nothing", async ({ browser }) => {
    const { context, page } = await staging.visitor(browser);
    staging.evil.set("/toss", {
        cookies: [
            "tossed=1; Domain=example.test; Path=/",
            "__Host-sid=planted; Domain=example.test; Path=/; Secure; HttpOnly",
            "__Host-sid=planted; Domain=example.test; Path=/users; Secure",
            "__Host-device=planted; Domain=example.test; Path=/; Secure",
            "__Host-second=planted; Domain=example.test; Path=/; Secure",
        ],
        body: `<script>
            document.cookie = "__Host-sid=planted; domain=example.test; path=/; secure";
            document.cookie = "__Host-sid=planted; domain=.example.test; path=/users; secure";
            document.cookie = "scripted=1; domain=example.test; path=/";
        </script>`,
    });
    // Before somebody signs in, and while they are.
    await page.goto(staging.url(SIBLING, "/toss"));
    await staging.enter(page, ALPHA, OWNER);
    const session = (await context.cookies()).find((cookie) => cookie.name === "__Host-sid")!;
    expect(session).toMatchObject({ domain: ALPHA, path: "/", secure: true, httpOnly: true, sameSite: "Lax" });
    await page.goto(staging.url(SIBLING, "/toss"));
    const cookies = await sent(page, staging.url(ALPHA, "/users"));
    expect(cookies).toContain("tossed=1");
    expect(cookies).toContain("scripted=1");
    expect(cookies).not.toContain("planted");
    expect(cookies).toContain(`__Host-sid=${session.value}`);
    await expect(page.locator("h1")).toContainText("Users");
    await context.close();
});

test("r22_pages_of_others_post_for_nobody", async ({ browser }) => {
    test.setTimeout(120_000);
    const { context, page } = await staging.visitor(browser);
    await staging.enter(page, ALPHA, OWNER);
    const person = { first_name: "Planted", last_name: "Person", email: "planted@alpha.example", user_type: "user" };
    const posts: [string, Record<string, string>][] = [
        ["user_create", person],
        ["setting_set", { group: "company", "values[branding.name]": "Planted" }],
        ["sign_out", {}],
        ["sign_in", { login: "user@alpha.example", password: PASSWORD }],
    ];
    const form = (name: string, fields: Record<string, string>, kind: string) => {
        const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`);
        return `<form method="post" enctype="${kind}" action="${staging.url(ALPHA, `/api/tenant/${name}`)}">${inputs.join("")}</form><script>document.forms[0].submit()</script>`;
    };
    for (const host of [SIBLING, STRANGER]) {
        for (const [name, fields] of posts) {
            for (const kind of ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]) {
                staging.evil.set("/post", { body: form(name, fields, kind) });
                const answered = page.waitForResponse((answer) => answer.url().includes(`/api/tenant/${name}`));
                await page.goto(staging.url(host, "/post"), { waitUntil: "commit" });
                const answer = await answered;
                expect(answer.status(), `${host} ${name} ${kind}`).toBe(403);
                const cookie = (await answer.request().allHeaders()).cookie ?? "";
                // Siblings are of one site: their requests do carry the session, and only Oneo refuses them.
                expect(cookie.includes("__Host-sid="), `${host} ${name}`).toBe(host === SIBLING);
                await page.waitForLoadState();
            }
            const body = new URLSearchParams(fields).toString();
            staging.evil.set("/fetch", { body: "<p>a page</p>" });
            await page.goto(staging.url(host, "/fetch"));
            const asked = page.waitForRequest((request) => request.url().includes(`/api/tenant/${name}`));
            // Not even that it was refused can be read: the answer is of this origin alone.
            const read = await page.evaluate(([url, body]) => fetch(url, { method: "POST", mode: "no-cors", credentials: "include", body: new URLSearchParams(body) }).then((answer) => answer.type, () => "blocked"), [staging.url(ALPHA, `/api/tenant/${name}`), body]);
            expect(read, `fetch from ${host} ${name}`).toBe("blocked");
            await asked;
        }
    }
    await page.goto(staging.url(ALPHA, "/users?q=planted"));
    await expect(page.getByText("No users match")).toBeVisible();
    await expect(page.getByText("Planted", { exact: true })).toHaveCount(0);
    await expect(page.getByText(OWNER).first()).toBeVisible();
    // The same form on a page of the company itself does what it says: it was refused for where it came from.
    await page.goto(staging.url(ALPHA, "/users/new"));
    await page.evaluate((fields) => {
        const form = document.createElement("form");
        Object.assign(form, { method: "post", action: "/api/tenant/user_create" });
        for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement("input"), { name, value }));
        document.body.append(form);
        form.submit();
    }, person);
    await page.waitForURL(/\/users\/\d+/);
    await page.goto(staging.url(ALPHA, "/users?q=planted"));
    await expect(page.getByText("1–1 of 1", { exact: true })).toBeVisible();
    await context.close();
});

test("r27_pages_of_others_read_and_frame_nothing", async ({ browser }) => {
    const { context, page } = await staging.visitor(browser);
    await staging.enter(page, ALPHA, OWNER);
    for (const host of [SIBLING, STRANGER]) {
        staging.evil.set("/frame", { body: `<iframe src="${staging.url(ALPHA, "/login")}"></iframe><img src="${staging.url(ALPHA, "/branding/logo")}">` });
        await page.goto(staging.url(host, "/frame"));
        await expect.poll(() => page.frames()[1]?.url()).toContain("chrome-error:");
        for (const path of ["/settings.json", "/users.csv", "/users", "/readyz"]) {
            const read = await page.evaluate((url) => fetch(url, { credentials: "include" }).then((answer) => answer.text(), () => "refused"), staging.url(ALPHA, path));
            expect(read, `${host} ${path}`).toBe("refused");
        }
    }
    await page.goto(staging.url(ALPHA, "/users"));
    expect(await page.evaluate(() => fetch("/settings.json").then((answer) => answer.status))).toBe(200);
    await context.close();
});

/** Every page there is, as this staging has it: a host, an address, and whether somebody must be signed in. */
const all = pages.map(([, host, role, path]) => ({
    host: host === "localhost" ? PLATFORM : ALPHA,
    path: path.replace("/tenants/demo", "/tenants/alpha"),
    signedIn: role !== undefined,
}));

/** Does to a page what people do without meaning to: moves over everything and goes through every field. */
const touched = (page: Page) =>
    page.evaluate(() => {
        for (const element of document.querySelectorAll<HTMLElement>("body *")) {
            element.dispatchEvent(new MouseEvent("mouseover"));
            if (element.matches("input, textarea, select")) element.dispatchEvent(new FocusEvent("focus"));
        }
    });

test("r25_no_page_breaks_its_policy", async ({ browser }) => {
    test.setTimeout(180_000);
    for (const host of [PLATFORM, ALPHA]) {
        const { context, page } = await staging.visitor(browser);
        const found = await watched(context);
        for (const { path } of all.filter((one) => one.host === host && !one.signedIn)) await page.goto(staging.url(host, path), { waitUntil: "load" });
        await staging.enter(page, host, host === PLATFORM ? "admin@oneo.example" : OWNER);
        for (const { path } of all.filter((one) => one.host === host && one.signedIn)) {
            await page.goto(staging.url(host, path), { waitUntil: "load" });
            await touched(page);
        }
        expect(found).toEqual([]);
        // What somebody would put into a page is refused, and that is noticed.
        await page.goto(staging.url(host));
        await page.evaluate(() => {
            const script = document.createElement("script");
            script.textContent = "xq01()";
            document.body.append(script);
            document.body.insertAdjacentHTML("beforeend", `<img src="https://xq.example/x.png"><p style="color:red" onclick="xq02()"></p><iframe src="https://xq.example"></iframe>`);
            setTimeout("xq03()");
        });
        const refused = ["script-src-elem", "script-src-attr", "script-src", "style-src-attr", "img-src", "frame-src"];
        for (const directive of refused) await expect.poll(() => found.some((what) => what.includes(`${directive} refused`)), directive).toBe(true);
        expect(found.filter((what) => what.endsWith("ran"))).toEqual([]);
        await context.close();
    }
});

/** What somebody types who wants it to run in another one's browser: number 1 calls `xq01`, and so on. */
const payloads = readFileSync(resolve(__dirname, "../../tests/security/payloads.txt"), "utf8").trimEnd().split("\n");

/** Calls a function of the site that a page is of, as its forms do. */
async function call(page: Page, name: string, fields: Record<string, string>) {
    const answer = await page.evaluate(async ([name, fields]) => {
        const answer = await fetch(`/api/${name}`, { method: "POST", headers: { accept: "application/json" }, body: new URLSearchParams(fields) });
        return { status: answer.status, text: await answer.text() };
    }, [name, fields] as const);
    expect(answer.status, `${name} ${JSON.stringify(fields)}: ${answer.text.slice(0, 300)}`).toBe(200);
    return answer.text;
}

/** Looks at pages as somebody: nothing that was typed runs, nothing is refused by the policy. Gives the numbers that were shown. */
async function look(browser: Browser, who: string, host: string, login: string | undefined, paths: string[]) {
    const { context, page } = await staging.visitor(browser);
    const found = await watched(context);
    if (login) await staging.enter(page, host, login);
    const shown = new Set<string>();
    for (const path of paths) {
        await page.goto(staging.url(host, path), { waitUntil: "load" });
        await touched(page);
        for (const mark of (await page.content()).match(/xq\d\d/g) ?? []) shown.add(mark);
        found.push(...(await page.evaluate(dangers)).map((what) => `${path}: ${what}`));
    }
    expect(found, who).toEqual([]);
    await context.close();
    return shown;
}

/** What stands in a document that no page of Oneo has. */
const dangers = () =>
    [...document.querySelectorAll("*")].flatMap((element) => {
        const leads = ["href", "src", "action", "formaction", "srcdoc", "xlink:href"];
        const wrong = [...element.attributes].filter(({ name, value }) => /^on/i.test(name) || (leads.includes(name) && /^\s*(javascript|data:text)/i.test(value)));
        const never = element.matches("iframe, base, math, object, embed, meta[http-equiv=refresh]");
        return never || wrong.length > 0 ? [element.outerHTML.slice(0, 200)] : [];
    });

test("r28_the_watch_notices_what_runs", async ({ browser }) => {
    const { context, page } = await staging.visitor(browser);
    const found = await watched(context);
    for (const payload of payloads) {
        staging.evil.set("/raw", { body: `<!DOCTYPE html><title>x</title><body>${payload}` });
        await page.goto(staging.url(SIBLING, "/raw"), { waitUntil: "load" }).catch(() => null);
    }
    const ran = new Set(found.filter((what) => what.endsWith("ran")).map((what) => what.match(/xq\d\d/)![0]));
    expect(ran.size).toBeGreaterThan(12);
    await context.close();
});

test("r28_what_a_company_typed_does_not_run", async ({ browser }) => {
    test.setTimeout(900_000);
    const { context, page } = await staging.visitor(browser);
    const found = await watched(context);
    await staging.enter(page, ALPHA, OWNER);
    // A list with such a name, such heads and such cells, one of which cannot be taken.
    const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
    const lines = payloads.map((payload, n) => [payload, payload, `p${n}@alpha.example`, ...payloads].map(cell).join(","));
    const refused = payloads.map((payload) => [payload, payload, payload, ...payloads].map(cell).join(","));
    const file = [["first_name", "last_name", "email", ...payloads].map(cell).join(","), ...lines, ...refused].join("\n");
    await page.goto(staging.url(ALPHA, "/users/import"));
    await page.getByLabel("File").setInputFiles({ name: `${payloads[4]}.csv`, mimeType: "text/csv", buffer: Buffer.from(file) });
    await page.getByRole("button", { name: "Upload" }).click();
    await page.waitForURL(/\/users\/import\/./);
    await touched(page);
    expect(await page.evaluate(dangers)).toEqual([]);
    expect(await page.content()).toContain("xq25");
    const draft = new URL(page.url()).pathname;
    await page.getByRole("button", { name: "Check import" }).click();
    await expect(page.getByText("Nothing was changed yet")).toBeVisible({ timeout: 30_000 });
    await page.getByRole("button", { name: "Import now" }).click();
    // The check before it ends as "Done" too, so the number that only the import shows comes first.
    await expect(page.getByRole("list", { name: "Result" })).toContainText(`${payloads.length}created`, { timeout: 30_000 });
    await expect(page.locator("h1")).toContainText("Done", { timeout: 30_000 });
    const job = new URL(page.url()).pathname;
    await page.goto(staging.url(ALPHA, "/users?size=100&q=xq"));
    const links = await page.locator("a[href^='/users/']").evaluateAll((links) => links.map((link) => link.getAttribute("href")!));
    const people = [...new Set(links.filter((link) => /^\/users\/\d+$/.test(link)))];
    expect(people).toHaveLength(payloads.length);
    const other = await staging.visitor(browser);
    await other.page.goto(staging.url(ALPHA, "/login"));
    const asked = await other.context.newCDPSession(other.page);
    for (const [n, payload] of payloads.entries()) {
        const text = await call(page, "tenant/user_get", { id: people[n].slice("/users/".length) });
        const version = text.match(/"version":(-?\d+)/)![1];
        const name = { first_name: payload, last_name: payload, email: `q${n}@alpha.example`, username: `q${n}`, user_type: "user" };
        await call(page, "tenant/user_update", { id: people[n].slice("/users/".length), version, ...name, metadata: JSON.stringify({ [payload]: payload }) });
        await call(page, "tenant/role_create", { name: payload, description: payload });
        await call(page, "tenant/setting_free_set", { setting_key: `own${n}`, setting_value: JSON.stringify(payload), is_public: "true" });
        // As whom a browser gives itself.
        await other.context.clearCookies();
        await asked.send("Network.setUserAgentOverride", { userAgent: payload });
        expect(await other.page.evaluate(() => navigator.userAgent)).toBe(payload);
        await call(other.page, "tenant/sign_in", { login: OWNER, password: PASSWORD });
    }
    await other.context.close();
    await page.goto(staging.url(ALPHA, "/roles"));
    const roles = await page.locator("a[href^='/roles/']").evaluateAll((links) => links.map((link) => link.getAttribute("href")!));
    expect(found).toEqual([]);
    await context.close();
    const every = (step: number, all: string[]) => all.filter((_, n) => n % step === 0);
    const lists = all.filter((one) => one.host === ALPHA && one.signedIn).map((one) => one.path);
    lists.push("/users?size=100&select=page", "/audit?size=100", "/account/sessions", "/account/sign-ins", "/settings/custom", draft, job);
    const details = (step: number) => [
        ...every(step, people).flatMap((person) => ["", "/permissions", "/sessions", "/audit"].map((tab) => person + tab)),
        ...every(step, [...new Set(roles)].filter((link) => !link.includes("?"))),
        ...every(step, payloads.map((_, n) => `/settings/history/own${n}`)),
    ];
    for (const role of ["owner", "admin", "manager", "salesperson", "user"]) {
        // The owner sees everything. Others see the same with less on it, or a page that says they may not: one of each is enough.
        const paths = role === "owner" ? [...lists, ...details(4), ...people, ...payloads.map((_, n) => `/settings/history/own${n}`)] : [...lists, ...details(12)];
        const shown = await look(browser, role, ALPHA, `${role}@alpha.example`, [...new Set(paths)]);
        if (role === "owner" || role === "admin") expect(shown.size, role).toBe(payloads.length);
    }
    await look(browser, "a stranger", ALPHA, undefined, lists.slice(0, 10));
});

test("r28_brand_and_names_of_oneself_do_not_run", async ({ browser }) => {
    test.setTimeout(300_000);
    const mine = await staging.visitor(browser);
    const theirs = await staging.visitor(browser);
    const found = [await watched(mine.context), await watched(theirs.context)];
    await staging.enter(mine.page, ALPHA, OWNER);
    for (const payload of payloads) {
        await call(mine.page, "tenant/setting_set", { group: "company", "values[branding.name]": payload, "values[sign_in.message]": payload });
        await call(mine.page, "tenant/account_set", { first_name: payload, last_name: payload });
        for (const path of ["/", "/settings", "/account"]) {
            await mine.page.goto(staging.url(ALPHA, path), { waitUntil: "load" });
            await touched(mine.page);
            expect(await mine.page.evaluate(dangers), `${path} of ${payload}`).toEqual([]);
        }
        await theirs.page.goto(staging.url(ALPHA, `/login?next=/${encodeURIComponent(payload)}`), { waitUntil: "load" });
        await expect(theirs.page.getByText(payload).first()).toBeVisible();
        await touched(theirs.page);
        expect(await theirs.page.evaluate(dangers), payload).toEqual([]);
    }
    expect(found).toEqual([[], []]);
    await mine.context.close();
    await theirs.context.close();
});

test("r28_what_the_console_shows_does_not_run", async ({ browser }) => {
    test.setTimeout(600_000);
    const { context, page } = await staging.visitor(browser);
    await staging.enter(page, PLATFORM, "admin@oneo.example");
    for (const [n, payload] of payloads.entries()) {
        const names = { owner_first_name: payload, owner_last_name: payload, owner_email: `owner@firm${n}.example` };
        await call(page, "platform/tenant_create", { name: payload, domain: `firm${n}`, ...names });
        await call(page, "platform/admin_create", { first_name: payload, last_name: payload, email: `p${n}@oneo.example`, role: "support" });
        const version = (await call(page, "platform/tenant_billing", { slug: `firm${n}` })).match(/"version":(-?\d+)/)![1];
        await call(page, "platform/tenant_billing_replace", { slug: `firm${n}`, version, json: JSON.stringify({ [payload]: payload }) });
    }
    await context.close();
    const paths = all.filter((one) => one.host === PLATFORM && one.signedIn).map((one) => one.path);
    paths.push("/tenants?size=100", "/domains?size=100", "/usage?size=100", "/audit?size=100", "/users?q=owner@firm3.example");
    // Support sees the same pages without their buttons.
    const tabs = payloads.flatMap((_, n) => (n % 3 === 0 ? ["", "/quota", "/billing", "/users", "/danger", "/audit", "/copies"] : ["", "/billing"]).map((tab) => `/tenants/firm${n}${tab}`));
    for (const role of ["admin", "support"]) {
        const seen = [...paths, ...(role === "admin" ? tabs : tabs.slice(0, 7))];
        expect((await look(browser, role, PLATFORM, `${role}@oneo.example`, seen)).size, role).toBe(payloads.length);
    }
});
