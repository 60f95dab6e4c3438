import { expect, test } from "@playwright/test";
import { mkdirSync } from "node:fs";
import { as, on } from "../people";

const folder = process.env.ONEO_SCREENSHOTS ?? "test-results/look";
const pages: [string, string, string | undefined, string][] = [
    ["platform-login", "localhost", undefined, "/login"],
    ["platform-dashboard", "localhost", "platform admin", "/"],
    ["tenants", "localhost", "platform admin", "/tenants"],
    ["tenant-new", "localhost", "platform admin", "/tenants/new"],
    ["tenant", "localhost", "platform admin", "/tenants/demo"],
    ["login", "demo.localhost", undefined, "/login"],
    ["dashboard", "demo.localhost", "owner", "/"],
    ["users", "demo.localhost", "owner", "/users?q=a&role=manager&sort=name&dir=asc"],
    ["user-new", "demo.localhost", "owner", "/users/new"],
    ["user", "demo.localhost", "owner", "/users/2"],
    ["link-closed", "demo.localhost", undefined, "/invite/nothing"],
];

// Every page, wide and narrow, light and dark; none is wider than its screen.
for (const [width, height, scheme] of [[1280, 800, "light"], [1280, 800, "dark"], [390, 844, "light"]] as const) {
    test(`pages at ${width}, ${scheme}`, async ({ page, context }) => {
        test.setTimeout(120_000);
        mkdirSync(folder, { recursive: true });
        await page.setViewportSize({ width, height });
        await page.emulateMedia({ colorScheme: scheme });
        for (const [name, host, role, path] of pages) {
            await context.clearCookies();
            if (role) await as(page, host, role);
            await page.goto(on(host, path));
            await page.screenshot({ path: `${folder}/${name}-${scheme}-${width}.png` });
            const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
            expect.soft(overflow, `${name} at ${width}`).toBeLessThanOrEqual(0);
        }
    });
}
