import { expect, test } from "@playwright/test";
import { as, another, enter, on, PASSWORD, word } from "../users";

// The way through the whole product: a company is created, its owner comes in, creates somebody, who comes in too;
// and none of them is seen from another company.
test("a company from its creation to its second user", async ({ page, browser, javaScriptEnabled }) => {
    const slug = word("e2e");
    const host = `${slug}.localhost`;
    await as(page, "localhost", "platform admin");
    await page.getByRole("link", { name: "New tenant" }).first().click();
    await page.getByLabel("Name", { exact: true }).fill(`Company ${slug}`);
    // The name suggests a subdomain, with a script while it is typed; what is typed there stays.
    if (javaScriptEnabled) {
        // The script may come after the first key.
        await expect(async () => {
            await page.getByLabel("Name", { exact: true }).fill(`Company ${slug}`);
            await expect(page.getByLabel("Subdomain")).toHaveValue(`company-${slug}`, { timeout: 500 });
        }).toPass();
    }
    await page.getByLabel("Subdomain").fill("admin");
    await page.getByLabel("Name", { exact: true }).fill(`Company  ${slug}`);
    await expect(page.getByLabel("Subdomain")).toHaveValue("admin");
    await page.getByLabel("First name").fill("Olga");
    await page.getByLabel("Last name").fill("Petrova");
    await page.getByLabel("E-mail").fill(`olga@${slug}.example`);
    await page.getByRole("radio", { name: /^Show a one-time link/ }).check();
    await page.getByRole("button", { name: "Create tenant" }).click();
    // A reserved name: the error stands beside the field, and what was typed is kept.
    await expect(page.locator("#domain-error")).toContainText("reserved");
    await expect(page.getByLabel("Last name")).toHaveValue("Petrova");
    await page.getByLabel("Subdomain").fill(slug);
    await page.getByRole("button", { name: "Create tenant" }).click();
    await expect(page).toHaveURL(on("localhost", `/tenants/${slug}`));
    const link = await page.locator("[data-one-time-link]").inputValue();
    expect(link).toContain(`http://${host}:`);
    await page.reload();
    await expect(page.locator("[data-one-time-link]")).toHaveCount(0);

    const owner = await another(browser, javaScriptEnabled);
    await owner.goto(link);
    await owner.getByLabel("New password").fill("too short");
    await owner.getByLabel("Confirm password").fill("too short");
    await owner.getByRole("button", { name: "Set password" }).click();
    await expect(owner.locator("#password-error")).toContainText("15 characters");
    await owner.getByLabel("New password").fill(PASSWORD);
    await owner.getByLabel("Confirm password").fill(PASSWORD);
    await owner.getByRole("button", { name: "Set password" }).click();
    await expect(owner).toHaveURL(on(host));
    await expect(owner.getByRole("heading", { level: 1 })).toHaveText("Welcome, Olga");
    await owner.getByRole("link", { name: "New user" }).click();
    await owner.getByLabel("First name").fill("Mara");
    await owner.getByLabel("Last name").fill("Lindqvist");
    await owner.getByLabel("E-mail").fill("mara@shared.example");
    await owner.getByRole("radio", { name: /Manager/ }).check();
    await owner.getByRole("radio", { name: /^Show a one-time link/ }).check();
    await owner.getByRole("button", { name: "Create user" }).click();
    await expect(owner.getByRole("heading", { level: 1 })).toContainText("Mara Lindqvist");
    const second = await owner.locator("[data-one-time-link]").inputValue();

    const mara = await another(browser, javaScriptEnabled);
    await mara.goto(second);
    await mara.getByLabel("New password").fill(PASSWORD);
    await mara.getByLabel("Confirm password").fill(PASSWORD);
    await mara.getByRole("button", { name: "Set password" }).click();
    await expect(mara).toHaveURL(on(host));
    await mara.getByRole("link", { name: "Users", exact: true }).first().click();
    await expect(mara.getByRole("row", { name: /Mara Lindqvist/ })).toBeVisible();
    await expect(mara.getByRole("link", { name: "New user" })).toHaveCount(0);
    await mara.goto(on(host, "/users/new"));
    await expect(mara.getByRole("heading", { level: 1 })).toHaveText("Not allowed");

    // From another company neither is seen, and her sign-in is worth nothing.
    const stranger = await another(browser, javaScriptEnabled);
    await as(stranger, "test.localhost", "owner");
    await stranger.goto(on("test.localhost", "/users?q=mara"));
    await expect(stranger.getByText("No users match")).toBeVisible();
    const lost = await another(browser, javaScriptEnabled);
    await lost.goto(on("test.localhost", "/login"));
    await lost.locator("#login").fill("mara@shared.example");
    await lost.locator("#password").fill(PASSWORD);
    await lost.getByRole("button", { name: "Sign in" }).click();
    await expect(lost.getByText("E-mail or password is not right")).toBeVisible();
    await enter(lost, host, "mara@shared.example", PASSWORD);
});
