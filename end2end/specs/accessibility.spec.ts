import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import { as, on } from "../people";

const pages: [string, string | undefined, string][] = [
    ["localhost", undefined, "/login"],
    ["localhost", "platform admin", "/"],
    ["localhost", "platform admin", "/tenants"],
    ["localhost", "platform admin", "/tenants/new"],
    ["localhost", "platform admin", "/tenants/demo"],
    ["demo.localhost", undefined, "/login"],
    ["demo.localhost", "owner", "/"],
    ["demo.localhost", "owner", "/users?q=a&role=manager"],
    ["demo.localhost", "owner", "/users/new"],
    ["demo.localhost", "owner", "/users/2"],
];

for (const scheme of ["light", "dark"] as const) {
    test(`axe finds nothing serious, ${scheme}`, async ({ page, context }) => {
        test.setTimeout(120_000);
        await page.emulateMedia({ colorScheme: scheme });
        for (const [host, role, path] of pages) {
            await context.clearCookies();
            if (role) await as(page, host, role);
            await page.goto(on(host, path));
            const found = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
            const serious = found.violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
            expect.soft(serious, `${host}${path}`).toEqual([]);
        }
    });
}
