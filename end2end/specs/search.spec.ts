import { expect, test } from "@playwright/test";
import { as, on } from "../users";

test("everything is found from everywhere", async ({ page, javaScriptEnabled }) => {
    await as(page, "demo.localhost", "owner");
    await page.goto(on("demo.localhost", "/audit"));
    if (javaScriptEnabled === false) {
        await page.getByRole("link", { name: "Search" }).click();
        await page.getByRole("searchbox").fill("amara costa");
        await page.getByRole("button", { name: "Search" }).click();
        await page.getByRole("link", { name: "Amara Costa" }).first().click();
    } else {
        await page.waitForFunction(() => document.querySelector("#page-said") !== null);
        await expect(async () => {
            await page.keyboard.press("Control+k");
            await expect(page.getByRole("dialog", { name: "Search" })).toBeVisible({ timeout: 500 });
        }).toPass();
        await page.keyboard.type("amara costa");
        await expect(page.getByRole("dialog").getByRole("link", { name: "Amara Costa" }).first()).toBeVisible();
        // The arrows reach what was found, Enter follows it.
        await page.keyboard.press("ArrowDown");
        await expect(page.getByRole("dialog").getByRole("link").first()).toBeFocused();
        await page.keyboard.press("Enter");
    }
    await expect(page.getByRole("heading", { level: 1 })).toContainText("Amara Costa");
});

test("the sidebar is folded and stays so, and a view is saved", async ({ page }) => {
    await as(page, "demo.localhost", "admin");
    await page.goto(on("demo.localhost", "/users"));
    await page.getByRole("button", { name: "Hide sidebar" }).click();
    await expect(page.locator(".sidebar")).toHaveCSS("width", "56px");
    await page.goto(on("demo.localhost", "/users?role=manager"));
    await expect(page.locator(".sidebar")).toHaveCSS("width", "56px");
    await page.getByRole("button", { name: "Show sidebar" }).click();
    await expect(page.locator(".sidebar")).toHaveCSS("width", "240px");

    await page.getByRole("link", { name: "Columns & views" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Our managers");
    await page.getByRole("button", { name: "Save view" }).click();
    await expect(page.getByRole("status")).toContainText("was saved");
    await page.goto(on("demo.localhost", "/users"));
    await page.getByRole("link", { name: "Our managers" }).click();
    await expect(page.getByText("1–25 of 40")).toBeVisible();
    await page.getByRole("link", { name: "Columns & views" }).click();
    await page.getByRole("button", { name: "Delete the view Our managers" }).click();
    await expect(page.getByRole("status")).toContainText("was deleted");
    await expect(page.getByRole("link", { name: "Our managers" })).toHaveCount(0);
});
