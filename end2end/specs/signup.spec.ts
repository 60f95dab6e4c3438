import { expect, test } from "@playwright/test";
import { another, enter, on, PASSWORD, word } from "../users";

test("a company signs up, its owner walks in and is greeted", async ({ page, browser, javaScriptEnabled }) => {
    const name = word("new");
    await page.goto(on("localhost", "/login"));
    await page.getByRole("link", { name: "Create your company" }).click();
    await page.locator("#name").fill("New & Sons");
    await page.locator("#first_name").fill("Nora");
    await page.locator("#last_name").fill("Newcomer");
    await page.locator("#email").fill(`nora@${name}.example`);
    const passwords = async () => {
        await page.locator("#password").fill(PASSWORD);
        await page.locator("#password_repeated").fill(PASSWORD);
    };
    await page.locator("#domain").fill("adm1n");
    if (javaScriptEnabled) {
        await expect(async () => {
            await page.locator("#domain").fill("");
            await page.locator("#domain").fill("adm1n");
            await expect(page.locator("[data-availability]")).toContainText("too similar to another one", { timeout: 2000 });
        }).toPass();
        await page.locator("#domain").fill(name);
        await expect(page.locator("[data-availability]")).toHaveText(`${name}.localhost is free`);
        await page.locator("#domain").fill("adm1n");
    }
    await passwords();
    await page.getByRole("button", { name: "Create company" }).click();
    // What was typed is kept, but for the passwords; the error stands beside its field.
    await expect(page.locator("#domain-error")).toContainText("too similar to another one");
    await expect(page.locator("#email")).toHaveValue(`nora@${name}.example`);
    await expect(page.locator("#password")).toHaveValue("");
    await page.locator("#domain").fill(name);
    await passwords();
    await page.getByRole("button", { name: "Create company" }).click();
    await expect(page).toHaveURL(on("localhost", "/signup/done"));
    await expect(page.locator("h1")).toHaveText("New & Sons is ready");
    await page.locator("[data-entrance]").click();
    await expect(page.locator("h1")).toHaveText("New & Sons is ready");
    await expect(page).toHaveURL(/\/enter\//);
    const way = page.url();
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page).toHaveURL(on(`${name}.localhost`));
    await expect(page.getByRole("heading", { name: "Get started" })).toBeVisible();
    const second = await another(browser, javaScriptEnabled);
    await second.goto(way);
    await expect(second.getByRole("heading", { name: "This link is not valid" })).toBeVisible();
    await expect(second.getByRole("link", { name: "Sign in" })).toBeVisible();
    await enter(second, `${name}.localhost`, `nora@${name}.example`, PASSWORD);
    await page.getByRole("button", { name: "Dismiss" }).click();
    await expect(page.getByRole("heading", { name: "Get started" })).toHaveCount(0);
});
