import { expect, test } from "@playwright/test";
import { another, company, on } from "../users";

/** A red square of 40 by 40 pixels. */
const LOGO = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAACgAAAAoCAIAAAADnC86AAAAL0lEQVR42u3NMQ0AAAgDsKmZf0GIwQQJT5P+zbQvIhaLxWKxWCwWi8VisVgsFt9ZzZA6asgKL6kAAAAASUVORK5CYII=",
    "base64",
);

test("a company gives itself a look, and takes it back", async ({ page, browser, javaScriptEnabled }) => {
    test.setTimeout(90_000);
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    const host = `${name}.localhost`;
    await owner.getByRole("link", { name: "Settings", exact: true }).first().click();
    await owner.getByLabel("Name").fill("Acme & Söhne");
    await owner.getByLabel("Colour").fill("red");
    await owner.getByLabel("Time zone").selectOption("Europe/Berlin");
    await owner.getByRole("button", { name: "Save" }).last().click();
    // Refused: what was typed is still there, and nothing was saved.
    await expect(owner.getByRole("alert")).toContainText("such as #1d4ed8");
    await expect(owner.getByLabel("Name")).toHaveValue("Acme & Söhne");
    await expect(owner.getByLabel("Time zone")).toHaveValue("Europe/Berlin");
    await owner.getByLabel("Colour").fill("#b91c1c");
    await owner.getByLabel("Colour").press("Enter");
    await expect(owner.getByRole("status")).toContainText("Saved");
    await owner.getByLabel("Picture").setInputFiles({ name: "logo.png", mimeType: "image/png", buffer: LOGO });
    await owner.getByRole("button", { name: "Upload" }).click();
    await expect(owner.getByRole("status")).toContainText("The logo is changed");
    await expect(owner.getByAltText("The logo as it is now")).toBeVisible();

    // Whoever comes to sign in sees it.
    const stranger = await another(browser, javaScriptEnabled);
    await stranger.goto(on(host, "/login"));
    await expect(stranger.getByText("Acme & Söhne").first()).toBeVisible();
    await expect(stranger.locator("img.brand-logo")).toBeVisible();
    await expect(stranger.getByRole("button", { name: "Sign in" })).toHaveCSS("background-color", "rgb(185, 28, 28)");

    await owner.getByRole("button", { name: /^Reset to default for Colour/ }).click();
    await expect(owner.getByRole("status")).toContainText("Colour was reset to its default");
    await owner.getByRole("link", { name: "History of Colour" }).click();
    await expect(owner.getByText("#b91c1c").first()).toBeAttached();
    await stranger.reload();
    await expect(stranger.getByRole("button", { name: "Sign in" })).not.toHaveCSS("background-color", "rgb(185, 28, 28)");
});

test("a company sets who gets in and for how long", async ({ page, browser, javaScriptEnabled }) => {
    test.setTimeout(90_000);
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    const host = `${name}.localhost`;
    await owner.goto(on(host, "/settings/security"));
    await owner.getByLabel("Minimum password length").fill("10");
    await owner.getByRole("button", { name: "Save" }).last().click();
    await expect(owner.getByRole("alert")).toContainText("requires a second factor for all users");
    await owner.getByLabel("Minimum password length").fill("20");
    await owner.getByLabel("E-mail domains").fill(`${name}.example`);
    await owner.getByRole("checkbox", { name: "Admin", exact: true }).check();
    await owner.getByRole("button", { name: "Save" }).last().click();
    await expect(owner.getByRole("status")).toContainText("Saved");
    await expect(owner.getByRole("checkbox", { name: "Admin", exact: true })).toBeChecked();
    await owner.goto(on(host, "/account/password"));
    await expect(owner.getByText("At least 20 characters").first()).toBeVisible();

    await owner.goto(on(host, "/settings/security"));
    await owner.getByLabel("Second factor for all users").selectOption("true");
    await owner.getByRole("button", { name: "Save" }).last().click();
    // Of the owner too, before anything else.
    await expect(owner).toHaveURL(on(host, "/account/mfa"));
    await expect(owner.getByText("Your company requires a second factor")).toBeVisible();
});

test("a company keeps keys of its own", async ({ page, browser, javaScriptEnabled }) => {
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    const host = `${name}.localhost`;
    await owner.goto(on(host, "/settings/custom"));
    await owner.getByRole("textbox", { name: "Key" }).fill("office.floor");
    await owner.getByRole("textbox", { name: "Value" }).last().fill("third");
    await owner.getByLabel("Public").check();
    await owner.getByRole("button", { name: "Add key" }).click();
    await expect(owner.getByRole("alert")).toContainText("This is not JSON");
    await expect(owner.getByLabel("Public")).toBeChecked();
    await owner.getByRole("textbox", { name: "Value" }).last().fill('"third"');
    await owner.getByRole("button", { name: "Add key" }).click();
    await expect(owner.getByRole("status")).toContainText("office.floor was saved");
    const stranger = await another(browser, javaScriptEnabled);
    await stranger.goto(on(host, "/settings.json"));
    await expect(stranger.locator("body")).toContainText('"office.floor":"third"');
    await owner.locator("summary", { hasText: "office.floor" }).click();
    await owner.getByRole("button", { name: "Delete" }).click();
    await expect(owner.getByRole("status")).toContainText("office.floor was deleted");
});
