import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import { pages } from "../pages";
import { as, on } from "../people";


for (const scheme of ["light", "dark"] as const) {
    test(`axe finds nothing serious, ${scheme}`, async ({ page, context }) => {
        test.setTimeout(240_000);
        await page.emulateMedia({ colorScheme: scheme });
        for (const [, host, role, path] of pages) {
            await context.clearCookies();
            if (role) await as(page, host, role);
            await page.goto(on(host, path));
            const found = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
            const serious = found.violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
            expect.soft(serious, `${host}${path}`).toEqual([]);
        }
    });
}
