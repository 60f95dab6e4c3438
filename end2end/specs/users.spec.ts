import { expect, test } from "@playwright/test";
import { another, as, on, word } from "../users";

test("the list searches, filters, sorts and pages by its address", async ({ page }) => {
    await as(page, "demo.localhost", "admin");
    await page.getByRole("link", { name: "Users", exact: true }).first().click();
    await expect(page.getByText("1–25 of 1,000")).toBeVisible();
    await page.getByRole("link", { name: "Next" }).click();
    await expect(page.getByText("26–50 of 1,000")).toBeVisible();
    await page.getByRole("link", { name: "Previous" }).click();
    await expect(page.getByText("1–25 of 1,000")).toBeVisible();
    await page.getByRole("searchbox").fill("user42@");
    // On a wide screen the filters need no button to show them.
    await expect(page.locator(".toolbar-more")).toBeHidden();
    await page.getByRole("button", { name: "Filter" }).click();
    await expect(page).toHaveURL(/q=user42/);
    await expect(page.getByText("1–1 of 1", { exact: true })).toBeVisible();
    await page.getByRole("link", { name: "Clear all" }).first().click();
    await expect(page.getByText("1–25 of 1,000")).toBeVisible();
    await page.getByLabel("Role", { exact: true }).selectOption("manager");
    await page.getByRole("button", { name: "Filter" }).click();
    await expect(page.getByText("1–25 of 40")).toBeVisible();
    await page.getByRole("link", { name: "E-mail" }).click();
    await expect(page).toHaveURL(/role=manager&sort=email&dir=asc/);
    await page.goBack();
    await expect(page).not.toHaveURL(/sort=email/);
    await page.getByRole("searchbox").fill("nobody is called this");
    await page.getByRole("button", { name: "Filter" }).click();
    await expect(page.getByText("No users match")).toBeVisible();
});

test("a user is edited, refused, deactivated and brought back", async ({ page, browser, javaScriptEnabled }) => {
    const name = word("e2e");
    await as(page, "test.localhost", "owner");
    await page.goto(on("test.localhost", "/users/new"));
    await page.getByLabel("First name").fill("Edda");
    await page.getByLabel("Last name").fill(name);
    await page.getByLabel("E-mail").fill(`${name}@test.example`);
    await page.getByRole("button", { name: "Create user" }).click();
    await expect(page.getByRole("status")).toContainText("was created");
    const address = page.url();
    // Somebody else changes the same person meanwhile.
    const other = await another(browser, javaScriptEnabled);
    await as(other, "test.localhost", "owner");
    await other.goto(address);
    await page.getByLabel("First name").fill("Edith");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("status")).toContainText("Saved");
    await other.getByLabel("First name").fill("Elsa");
    await other.getByRole("button", { name: "Save" }).click();
    await expect(other.getByRole("alert")).toContainText("Another user changed this in the meantime");
    await expect(other.getByText("Now “Edith”, before that “Edda”").first()).toBeVisible();
    await expect(other.getByLabel("First name")).toHaveValue("Elsa");
    await page.getByRole("button", { name: "Deactivate" }).click();
    await expect(page.getByRole("status")).toContainText("was deactivated");
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(page.getByRole("status")).toContainText("is active again");
    // Deleted and, by Undo, brought back.
    await page.locator("summary", { hasText: "Actions" }).click();
    await page.getByRole("button", { name: "Delete" }).click();
    await expect(page.getByRole("status")).toContainText("was deleted");
    await expect(page.getByText("Deleted", { exact: true })).toBeVisible();
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(page.getByRole("status")).toContainText("was restored and is active");
});

test("the last owner cannot be removed", async ({ page }) => {
    await as(page, "test.localhost", "owner");
    await page.goto(on("test.localhost", "/users?role=owner"));
    await page.getByRole("row", { name: /Olivia/ }).getByRole("link").click();
    await page.getByRole("radio", { name: /^User/ }).check();
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("alert")).toContainText("There must always be an active owner");
});

test("a new one-time link asks first", async ({ page }) => {
    const name = word("e2e");
    await as(page, "test.localhost", "owner");
    await page.goto(on("test.localhost", "/users/new"));
    await page.getByLabel("First name").fill("Lina");
    await page.getByLabel("Last name").fill(name);
    await page.getByLabel("E-mail").fill(`${name}@test.example`);
    await page.getByRole("radio", { name: /^Show a one-time link/ }).check();
    await page.getByRole("button", { name: "Create user" }).click();
    const first = await page.locator("[data-one-time-link]").inputValue();
    await page.getByRole("link", { name: "Create one-time link" }).click();
    await page.getByRole("button", { name: "Create link" }).click();
    await expect(page.locator("[data-one-time-link]")).not.toHaveValue(first);
    const second = await page.locator("[data-one-time-link]").inputValue();
    expect(second).not.toBe(first);
    await page.goto(first);
    await expect(page.getByText("This link was replaced")).toBeVisible();
});
