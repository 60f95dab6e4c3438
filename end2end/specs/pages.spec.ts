import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { mkdirSync } from "node:fs";
import { pages } from "../pages";
import { as, on } from "../users";

/** Where pictures of the pages go, when they are asked for: nobody looks at those of CI. */
const folder = process.env.ONEO_SCREENSHOTS;

/** What a page may weigh on its way, and how far what is seen may move while it comes: see the numbers of the product. */
const HTML_MAX = 14 * 1024;
const WASM_MAX = 100 * 1024;
// A table that is painted before its last row came may settle by a few pixels.
const SHIFT_MAX = 0.002;

/** Both themes and both ends of the widths: neither changes what the other shows. At the other widths nothing may scroll sideways. */
const VARIANTS = [
    { scheme: "light", width: 1280, height: 800, others: [1024, 768] },
    { scheme: "dark", width: 390, height: 844, others: [320] },
] as const;
/** Pages of each kind, on which axe looks in forced colours too. */
const FORCED = ["login", "platform-dashboard", "tenants", "tenant-quota", "users", "user", "settings-security", "company-audit", "account"];

test.describe.configure({ mode: "parallel" });

for (const { scheme, width, height, others } of VARIANTS) {
    // Every page is opened once, and everything there is to be said of it is said then.
    test(`every page, ${scheme} at ${width}: accessible, light, still, no wider than its screen`, async ({ page, context }) => {
        test.setTimeout(300_000);
        if (folder) mkdirSync(folder, { recursive: true });
        await page.setViewportSize({ width, height });
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
        await page.addInitScript(watchShifts);
        let seat: string | undefined;
        for (const [name, host, role, path] of pages) {
            if (seat !== `${host} ${role}`) {
                await context.clearCookies();
                if (role) await as(page, host, role);
                seat = `${host} ${role}`;
            }
            const response = (await page.goto(on(host, path), { waitUntil: "load" }))!;
            expect.soft(response.headers()["content-encoding"], name).toBe("br");
            if (path.includes("confirm=")) await expect.soft(page.locator("#confirm-panel"), name).toBeVisible();
            expect.soft((await response.request().sizes()).responseBodySize, `${name}: bytes of HTML`).toBeLessThanOrEqual(HTML_MAX);
            // Chromium may have no frame to give while the machine is busy.
            if (folder) await expect(() => page.screenshot({ path: `${folder}/${name}-${scheme}-${width}.png`, fullPage: true })).toPass({ timeout: 15_000 });
            await page.evaluate(painted);
            const found = await violations(page);
            const seen = await page.evaluate(measure);
            expect.soft(seen.wasm, `${name}: bytes of wasm`).toBeLessThanOrEqual(WASM_MAX);
            expect.soft(seen.shifted, `${name}: moved`).toBeLessThanOrEqual(SHIFT_MAX);
            expect.soft(seen.overflow, `${name}: wider than its screen`).toBeLessThanOrEqual(0);
            expect.soft(found, `${host}${path}`).toEqual([]);
            if (scheme === "light" && FORCED.includes(name)) {
                await page.emulateMedia({ forcedColors: "active" });
                expect.soft(await violations(page), `${host}${path} in forced colours`).toEqual([]);
                await page.emulateMedia({ forcedColors: "none" });
            }
            for (const other of others) {
                await page.setViewportSize({ width: other, height });
                const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
                expect.soft(overflow, `${name}: wider than ${other}`).toBeLessThanOrEqual(0);
            }
            await page.setViewportSize({ width, height });
        }
    });
}

function watchShifts() {
    const seen = window as unknown as { shifted: number };
    seen.shifted = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as unknown as { value: number; hadRecentInput: boolean }[])
            if (!entry.hadRecentInput) seen.shifted += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
}

/** Two frames later: what moved was noted by then. */
const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

function measure() {
    const fetched = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
    return {
        shifted: (window as unknown as { shifted: number }).shifted,
        wasm: fetched.filter((entry) => entry.name.endsWith(".wasm")).reduce((sum, entry) => sum + entry.encodedBodySize, 0),
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    };
}

/** What axe finds, by its rules of best practice too. */
async function violations(page: Page) {
    // No page has frames; looking for them takes a page of its own each time.
    const found = await new AxeBuilder({ page }).setLegacyMode().analyze();
    return found.violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
}
