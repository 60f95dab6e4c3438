import { expect, test } from "@playwright/test";
import { pages } from "../pages";
import { as, on } from "../people";

/** What a page may weigh on its way, and how far what is seen may move while it comes: see the numbers of the product. */
const HTML_MAX = 14 * 1024;
const WASM_MAX = 100 * 1024;
const SHIFT_MAX = 0;

test("every page keeps to its budget", async ({ browser, javaScriptEnabled }) => {
    test.setTimeout(240_000);
    const heavy: string[] = [];
    const seats = [...new Set(pages.map(([, host, who]) => `${host} ${who ?? ""}`))];
    for (const seat of seats) {
        const context = await browser.newContext({ javaScriptEnabled });
        const page = await context.newPage();
        const [host] = seat.split(" ");
        const who = seat.slice(host.length + 1);
        if (who) await as(page, host, who);
        await page.addInitScript(() => {
            (window as never as { shifted: number }).shifted = 0;
            new PerformanceObserver((list) => {
                for (const entry of list.getEntries() as never as { value: number; hadRecentInput: boolean }[])
                    if (!entry.hadRecentInput) (window as never as { shifted: number }).shifted += entry.value;
            }).observe({ type: "layout-shift", buffered: true });
        });
        for (const [name, , , path] of pages.filter(([, of, by]) => `${of} ${by ?? ""}` === seat)) {
            const response = (await page.goto(on(host, path), { waitUntil: "load" }))!;
            const { responseBodySize } = await response.request().sizes();
            expect(response.headers()["content-encoding"], name).toBe("br");
            if (responseBodySize > HTML_MAX) heavy.push(`${name}: ${responseBodySize} bytes of HTML`);
            if (javaScriptEnabled === false) continue;
            await page.waitForTimeout(200);
            const seen = await page.evaluate(() => ({
                shifted: (window as never as { shifted: number }).shifted,
                wasm: (performance.getEntriesByType("resource") as PerformanceResourceTiming[])
                    .filter((entry) => entry.name.endsWith(".wasm"))
                    .reduce((sum, entry) => sum + entry.encodedBodySize, 0),
            }));
            if (seen.wasm > WASM_MAX) heavy.push(`${name}: ${seen.wasm} bytes of wasm`);
            if (seen.shifted > SHIFT_MAX) heavy.push(`${name}: moved by ${seen.shifted}`);
        }
        await context.close();
    }
    expect(heavy).toEqual([]);
});
