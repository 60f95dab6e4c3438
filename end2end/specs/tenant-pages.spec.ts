import { expect, test } from "@playwright/test";
import { another, as, company, enter, on, PASSWORD, word } from "../users";

test("suspended, resumed, archived, restored", async ({ page, browser, javaScriptEnabled }) => {
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    await page.goto(on("localhost", `/tenants/${name}/danger`));
    const confirm = async (link: string, button: string) => {
        await page.getByRole("link", { name: link }).click();
        await page.getByRole("button", { name: button }).last().click();
    };
    await confirm("Suspend tenant", "Suspend tenant");
    await expect(page.getByRole("status")).toContainText("is suspended");
    await owner.goto(on(`${name}.localhost`, "/users"));
    await expect(owner.locator("h1")).toHaveText("Paused");
    await page.getByRole("button", { name: "Resume" }).click();
    await expect(page.getByRole("status")).toContainText("is active again");
    await owner.goto(on(`${name}.localhost`, "/users"));
    await expect(owner).toHaveURL(/\/login/);
    await enter(owner, `${name}.localhost`, `olga@${name}.example`, PASSWORD);
    await page.goto(on("localhost", `/tenants/${name}/danger`));
    await confirm("Archive tenant", "Archive tenant");
    await expect(page.getByText("You can restore it; on")).toBeVisible();
    await owner.goto(on(`${name}.localhost`));
    await expect(owner.locator("h1")).toHaveText("Not found");
    // The way back stands in the message too.
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(page.getByRole("status")).toContainText("is restored");
    await enter(owner, `${name}.localhost`, `olga@${name}.example`, PASSWORD);
});

test("quota, features and billing keep what was typed", async ({ page, browser, javaScriptEnabled }) => {
    const { name } = await company(page, browser, javaScriptEnabled);
    await page.goto(on("localhost", `/tenants/${name}/quota`));
    await page.locator("#max_users").fill("nobody");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.locator("#max_users")).toHaveValue("nobody");
    await expect(page.locator("#max_users-error")).toContainText("Enter a number");
    await page.locator("#max_users").fill("12");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("1 / 12")).toBeVisible();
    await page.goto(on("localhost", `/tenants/${name}/features`));
    await page.locator("[name='fields[ai]']").selectOption("false");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("status")).toContainText("Saved");
    await page.getByText("As JSON").click();
    await expect(page.locator("#json")).toHaveValue(/"ai": false/);
    await page.locator("#json").fill("{ this is not");
    await page.getByRole("button", { name: "Replace" }).click();
    await expect(page.locator("#json")).toHaveValue("{ this is not");
    await expect(page.locator("#json-error")).toContainText("not JSON");
    await page.goto(on("localhost", `/tenants/${name}/billing`));
    await page.locator("[name='fields[plan]']").selectOption("team");
    await page.locator("[name='fields[price_per_user]']").fill("9.5");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.locator("[name='fields[price_per_user]']")).toHaveValue("9.50");
});

test("an operator hands over a reset link", async ({ page, browser, javaScriptEnabled }) => {
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    await page.goto(on("localhost", `/tenants/${name}/users`));
    await page.getByRole("button", { name: "Reset link" }).click();
    const link = await page.locator("[data-one-time-link]").inputValue();
    await owner.goto(link);
    const fresh = "nine yellow herons whisper";
    await owner.locator("#password").fill(fresh);
    await owner.locator("#password_repeated").fill(fresh);
    await owner.getByRole("button", { name: "Set password" }).click();
    await expect(owner.getByText("Sign in with it")).toBeVisible();
    await enter(owner, `${name}.localhost`, `olga@${name}.example`, fresh);
    await page.goto(on("localhost", `/audit?tenant=${name}&action=user.`));
    const line = page.getByRole("listitem").filter({ hasText: "user.link_create" }).first();
    await expect(line).toContainText(`Created a one-time link for`);
    await line.locator("summary").click();
    await expect(line.getByText("Request ID", { exact: true })).toBeVisible();
});

test("admins are invited and deactivated", async ({ page, browser, javaScriptEnabled }) => {
    const email = `${word("ada")}@oneo.example`;
    await as(page, "localhost", "platform admin");
    await page.goto(on("localhost", "/admins"));
    await page.getByRole("link", { name: "New admin" }).click();
    await page.locator("#first_name").fill("Ada");
    await page.locator("#last_name").fill("Support");
    await page.locator("#email").fill(email);
    await page.getByLabel("Support").check();
    await page.getByRole("button", { name: "Create admin" }).click();
    const support = await another(browser, javaScriptEnabled);
    await support.goto(await page.locator("[data-one-time-link]").inputValue());
    await support.locator("#password").fill(PASSWORD);
    await support.locator("#password_repeated").fill(PASSWORD);
    await support.getByRole("button", { name: "Set password and sign in" }).click();
    await expect(support).toHaveURL(on("localhost"));
    await support.goto(on("localhost", "/tenants/demo/danger"));
    await expect(support.getByText("Your role is support")).toBeVisible();
    await page.goto(on("localhost", "/admins"));
    const row = page.getByRole("row", { name: new RegExp(email) });
    await row.getByText("Change", { exact: true }).click();
    await row.getByRole("button", { name: "Deactivate" }).click();
    await expect(page.getByRole("status")).toContainText("was deactivated");
    await support.goto(on("localhost", "/tenants"));
    await expect(support).toHaveURL(/\/login/);
});
