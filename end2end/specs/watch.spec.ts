import { expect, test } from "@playwright/test";
import { PASSWORD, another, company, on, word } from "../users";

test("an admin sees who is signed in, ends it, and reads what was done", async ({ page, browser, javaScriptEnabled }) => {
    test.setTimeout(90_000);
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    const host = `${name}.localhost`;
    const email = `${word("nora")}@${name}.example`;
    await owner.goto(on(host, "/users/new"));
    await owner.getByLabel("First name").fill("Nora");
    await owner.getByLabel("Last name").fill("Night");
    await owner.getByLabel("E-mail").fill(email);
    await owner.getByRole("radio", { name: /^Give me the link/ }).check();
    await owner.getByRole("button", { name: "Create user" }).click();
    const link = await owner.locator("[data-one-time-link]").inputValue();
    const nora = await another(browser, javaScriptEnabled);
    await nora.goto(link);
    await nora.locator("#password").fill(PASSWORD);
    await nora.locator("#password_repeated").fill(PASSWORD);
    await nora.getByRole("button", { name: "Set password and sign in" }).click();
    await expect(nora).toHaveURL(on(host));

    await owner.getByRole("link", { name: "Sessions", exact: true }).first().click();
    await expect(owner.getByText("2 open now.")).toBeVisible();
    await owner.goto(on(host, "/sessions"));
    await owner.getByRole("searchbox").fill("nora");
    await owner.getByRole("button", { name: "Filter" }).click();
    await expect(owner.getByText("1 of 2 open sessions match.")).toBeVisible();
    await owner.getByRole("link", { name: "Sign out 1 session" }).click();
    await expect(owner.getByRole("heading", { name: "Sign out 1 session?" })).toBeVisible();
    await owner.getByRole("button", { name: "Sign them out" }).click();
    await expect(owner.getByRole("status")).toContainText("1 session was ended");
    await nora.goto(on(host, "/account"));
    await expect(nora).toHaveURL(/\/login/);

    await owner.getByRole("link", { name: "Audit", exact: true }).first().click();
    await owner.getByLabel("Action begins with").fill("session.delete_m");
    await owner.getByRole("button", { name: "Filter" }).click();
    await expect(owner).toHaveURL(/action=session\.delete_m/);
    await expect(owner.getByRole("row", { name: /session.delete_matching/ })).toBeVisible();
    await owner.goto(on(host, "/users?q=nora"));
    await owner.getByRole("link", { name: "Nora Night" }).click();
    await owner.getByRole("link", { name: "Sign-ins" }).click();
    await expect(owner.getByRole("row", { name: /Signed in/ })).toContainText("one-time link");
    await owner.getByRole("link", { name: "Sessions", exact: true }).last().click();
    await expect(owner.getByText("Not signed in anywhere")).toBeVisible();
});
