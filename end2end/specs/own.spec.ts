import { expect, test } from "@playwright/test";
import { another, colleague, company, enter, on, PASSWORD } from "../users";

/** A red square of 40 by 40 pixels. */
const PICTURE = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAACgAAAAoCAIAAAADnC86AAAAL0lEQVR42u3NMQ0AAAgDsKmZf0GIwQQJT5P+zbQvIhaLxWKxWCwWi8VisVgsFt9ZzZA6asgKL6kAAAAASUVORK5CYII=",
    "base64",
);

test("people set their picture, their numbers and their theme, and see who tried to sign in", async ({ page, browser, javaScriptEnabled }) => {
    test.setTimeout(90_000);
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    const host = `${name}.localhost`;
    await owner.goto(on(host, "/account"));
    await owner.locator("#file").setInputFiles({ name: "me.txt", mimeType: "text/plain", buffer: Buffer.from("no picture") });
    await owner.getByRole("button", { name: "Upload" }).click();
    await expect(owner.locator("#file-error")).toContainText("Choose a PNG, JPEG or WebP picture");
    await owner.locator("#file").setInputFiles({ name: "me.png", mimeType: "image/png", buffer: PICTURE });
    await owner.getByRole("button", { name: "Upload" }).click();
    await expect(owner.getByRole("status")).toContainText("Your picture is changed");
    await expect(owner.locator("aside img.avatar-round")).toBeVisible();
    await owner.getByLabel("Number and date format").selectOption("sv-SE");
    await owner.locator("#theme").selectOption("dark");
    await owner.getByRole("button", { name: "Save changes" }).click();
    await expect(owner.locator("html")).toHaveAttribute("data-theme", "dark");
    await expect(owner.locator("#theme")).toHaveValue("dark");

    const elsewhere = await another(browser, javaScriptEnabled);
    await elsewhere.goto(on(host, "/login"));
    await elsewhere.locator("#login").fill(`olga@${name}.example`);
    await elsewhere.locator("#password").fill("not the password at all");
    await elsewhere.getByRole("button", { name: "Sign in" }).click();
    await expect(elsewhere.getByRole("alert")).toContainText("not right");
    await enter(elsewhere, host, `olga@${name}.example`, PASSWORD);
    await expect(elsewhere.locator("html")).toHaveAttribute("data-theme", "dark");
    await elsewhere.goto(on(host, "/account/sign-ins"));
    await expect(elsewhere.getByRole("row", { name: /Failed/ })).toHaveCount(1);
    await expect(elsewhere.getByRole("row", { name: /Signed in/ })).toHaveCount(2);
    await elsewhere.goto(on(host, "/users"));
    await expect(elsewhere.locator("td").getByText(/^\d{4}-\d\d-\d\d/).or(elsewhere.getByText("just now")).first()).toBeVisible();
    await owner.getByRole("button", { name: "Remove the picture" }).click();
    await expect(owner.locator("aside span.avatar-round")).toHaveText("OO");
});

test("an admin asks for a new password, and takes people away with a fresh proof", async ({ page, browser, javaScriptEnabled }) => {
    test.setTimeout(90_000);
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    const host = `${name}.localhost`;
    const mara = await colleague(browser, javaScriptEnabled, name, "manager");
    await owner.goto(on(host, "/users?q=mara"));
    await owner.getByRole("link", { name: "Mara Lind" }).click();
    await owner.locator("summary", { hasText: "Actions" }).click();
    await owner.getByRole("button", { name: "Require a new password" }).click();
    await expect(owner.getByRole("status")).toContainText("must set a new password now");
    await mara.goto(on(host, "/users"));
    await expect(mara).toHaveURL(on(host, "/account/password"));
    await expect(mara.getByText("Set a new password to continue")).toBeVisible();
    const fresh = "nine yellow herons whisper";
    await mara.locator("#password_old").fill(PASSWORD);
    await mara.locator("#password").fill(fresh);
    await mara.locator("#password_repeated").fill(fresh);
    await mara.getByRole("button", { name: "Change password" }).click();
    await expect(mara).toHaveURL(on(host));
    await owner.locator("summary", { hasText: "Actions" }).click();
    await owner.getByRole("button", { name: "Delete" }).click();
    await expect(owner.getByRole("status")).toContainText("was deleted");
    await mara.goto(on(host));
    await expect(mara).toHaveURL(/\/login/);
});

test("a company sets its own AI", async ({ page, browser, javaScriptEnabled }) => {
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    await owner.goto(on(`${name}.localhost`, "/settings"));
    await owner.getByRole("link", { name: "AI", exact: true }).click();
    await owner.getByLabel("Provider").selectOption("openai-compatible");
    await owner.getByLabel("Model").fill("small-1");
    await owner.getByLabel("Key").fill("sk-0123456789-abcd");
    await owner.getByRole("button", { name: "Save changes" }).click();
    await expect(owner.locator("#base_url-error")).toContainText("Enter the service's address");
    await expect(owner.getByLabel("Model")).toHaveValue("small-1");
    await owner.getByLabel("Address").fill("https://ai.invalid/v1");
    await owner.getByLabel("Key").fill("sk-0123456789-abcd");
    await owner.getByLabel("Turn on AI").check();
    await owner.getByRole("button", { name: "Save changes" }).click();
    await expect(owner.getByRole("status")).toContainText("Saved");
    await expect(owner.getByText("ends in abcd")).toBeVisible();
    await owner.getByRole("button", { name: "Test connection" }).click();
    // Some resolvers say at once that the name does not exist, others say nothing.
    await expect(owner.getByRole("alert")).toContainText(/cannot be reached|did not answer in time/, { timeout: 20_000 });
    await owner.locator("summary", { hasText: "Remove the configuration" }).click();
    await owner.getByRole("button", { name: "Remove configuration" }).click();
    await expect(owner.getByRole("status")).toContainText("were removed");
});

test("somebody who is locked out is found and let in again", async ({ page, browser, javaScriptEnabled }) => {
    test.setTimeout(90_000);
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    const host = `${name}.localhost`;
    await colleague(browser, javaScriptEnabled, name, "user");
    const thief = await another(browser, javaScriptEnabled);
    await thief.goto(on(host, "/login"));
    // Tries while one waits do not count, and each that counts doubles the wait: the last one is long enough to be seen.
    for (const seconds of [0, 0, 0, 0, 0, 1, 2, 4, 8]) {
        await thief.waitForTimeout(seconds * 1_000 + 200);
        await thief.locator("#login").fill(`mara@${name}.example`);
        await thief.locator("#password").fill("not the password at all");
        await thief.getByRole("button", { name: "Sign in" }).click();
        // The page of before holds the password that was typed, and the same alert.
        await expect(thief.locator("#password")).toHaveValue("");
        await expect(thief.getByRole("alert")).toContainText("not right");
    }
    // The right password is refused as well.
    await thief.locator("#login").fill(`mara@${name}.example`);
    await thief.locator("#password").fill(PASSWORD);
    await thief.getByRole("button", { name: "Sign in" }).click();
    await expect(thief.locator("#password")).toHaveValue("");
    await expect(thief.getByRole("alert")).toContainText("not right");
    await owner.goto(on(host, "/users"));
    await owner.getByLabel("Status").selectOption("locked");
    await owner.getByRole("button", { name: "Filter" }).click();
    await expect(owner).toHaveURL(/status=locked/);
    await expect(owner.getByText("Locked").last()).toBeVisible();
    await owner.getByRole("link", { name: "Mara Lind" }).click();
    await owner.locator("summary", { hasText: "Actions" }).click();
    await owner.getByRole("button", { name: "Unlock sign-in" }).click();
    await expect(owner.getByRole("status")).toContainText("can sign in again");
    await owner.goto(on(host, "/users?status=locked"));
    await expect(owner.getByText("No users match")).toBeVisible();
    await enter(thief, host, `mara@${name}.example`, PASSWORD);
});
