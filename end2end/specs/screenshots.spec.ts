import { expect, test } from "@playwright/test";
import { mkdirSync } from "node:fs";
import { pages } from "../pages";
import { as, on } from "../people";

const folder = process.env.ONEO_SCREENSHOTS ?? "test-results/look";

// Every page, wide and narrow, light and dark; none is wider than its screen.
for (const [width, height, scheme] of [[1280, 800, "light"], [1280, 800, "dark"], [390, 844, "light"], [390, 844, "dark"]] as const) {
    test(`pages at ${width}, ${scheme}`, async ({ page, context, javaScriptEnabled }) => {
        test.setTimeout(240_000);
        const scripts = javaScriptEnabled === false ? "-plain" : "";
        mkdirSync(folder, { recursive: true });
        await page.setViewportSize({ width, height });
        // A picture of a page that is still moving in from the last one cannot be taken.
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
        for (const [name, host, role, path] of pages) {
            await context.clearCookies();
            if (role) await as(page, host, role);
            await page.goto(on(host, path));
            // Chromium may have no frame to give while the machine is busy.
            await expect(() => page.screenshot({ path: `${folder}/${name}-${scheme}-${width}${scripts}.png`, fullPage: true })).toPass({ timeout: 15_000 });
            // Without scripts the browser runs none of ours either.
            if (scripts) continue;
            const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
            expect.soft(overflow, `${name} at ${width}`).toBeLessThanOrEqual(0);
        }
    });
}
