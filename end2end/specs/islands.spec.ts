import { expect, test } from "@playwright/test";
import { as, on, word } from "../users";

// Islands come to life under the strict policy, and nothing on any page breaks it.
test("the password field counts and shows, the dialog opens and gives the focus back", async ({ page }) => {
    const violations: string[] = [];
    page.on("console", (message) => {
        if (message.type() === "error" && /Content Security Policy|panicked|unreachable/.test(message.text())) violations.push(message.text());
    });
    page.on("pageerror", (error) => violations.push(String(error)));
    const name = word("e2e");
    await as(page, "test.localhost", "owner");
    await page.goto(on("test.localhost", "/users/new"));
    await page.getByLabel("First name").fill("Ida");
    await page.getByLabel("Last name").fill(name);
    await page.getByLabel("E-mail").fill(`${name}@test.example`);
    await page.getByRole("radio", { name: /^Show a one-time link/ }).check();
    await page.getByRole("button", { name: "Create user" }).click();
    const link = await page.locator("[data-one-time-link]").inputValue();
    const opener = page.getByRole("link", { name: "Create one-time link" });
    await expect(async () => {
        // Before the island is there, the link leads to a page of its own.
        if (page.url().includes("confirm=link")) await page.goBack();
        await opener.click();
        await expect(page.getByRole("dialog")).toBeVisible({ timeout: 1000 });
    }).toPass();
    await expect(page).not.toHaveURL(/confirm=link/);
    await expect(page.getByRole("button", { name: "Keep current link" })).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toBeHidden();
    await expect(opener).toBeFocused();
    await page.goto(link);
    const field = page.getByLabel("New password");
    await expect(async () => {
        await field.fill("");
        await field.pressSequentially("seven");
        await expect(page.getByText("5 of 15 characters")).toBeVisible({ timeout: 1000 });
    }).toPass();
    await page.getByRole("button", { name: "Show" }).first().click();
    await expect(field).toHaveAttribute("type", "text");
    expect(violations).toEqual([]);
});
