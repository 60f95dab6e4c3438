import { expect, test } from "@playwright/test";
import { as, on } from "../users";

test("the console finds a company by name, schema and domain", async ({ page }) => {
    await as(page, "localhost", "platform admin");
    await page.getByRole("link", { name: "Tenants", exact: true }).first().click();
    for (const text of ["Demo", "tenant_demo", "demo.localhost"]) {
        await page.getByRole("searchbox").fill(text);
        await page.getByRole("button", { name: "Filter" }).click();
        await expect(page).toHaveURL(new RegExp(`[?&]q=${text}(&|$)`));
        await expect(page.getByRole("row", { name: /Demo/ })).toBeVisible();
        await expect(page.getByRole("row", { name: /1,000 \/ 1,200/ })).toBeVisible();
    }
    await page.getByLabel("Created", { exact: true }).selectOption("today");
    await page.getByLabel("Status").selectOption("suspended");
    await page.getByRole("button", { name: "Filter" }).click();
    await expect(page.getByText("No tenant matches")).toBeVisible();
    await page.getByRole("link", { name: /status: suspended/ }).click();
    await page.getByRole("row", { name: /Demo/ }).getByRole("link").click();
    await expect(page.getByRole("heading", { level: 1 })).toContainText("Demo");
    await expect(page.getByText("owner@demo.example").first()).toBeVisible();
    await expect(page.getByText("up to date")).toBeVisible();
});

test("hosts that lead nowhere are not found", async ({ page }) => {
    expect((await page.goto(on("nobody.localhost")))?.status()).toBe(404);
    await as(page, "localhost", "platform admin");
    expect((await page.goto(on("localhost", "/tenants/nobody")))?.status()).toBe(404);
    expect((await page.goto(on("localhost", "/nothing")))?.status()).toBe(404);
});
