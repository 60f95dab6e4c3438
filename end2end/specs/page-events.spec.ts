import { expect, test } from "@playwright/test";
import { company, on } from "../users";

// What the keyboard and the pointer do on every page, by one island.
test("menus close, texts are copied, shortcuts work and edits are not lost", async ({ page: admin, browser, javaScriptEnabled }) => {
    test.setTimeout(60_000);
    const { name, owner: page } = await company(admin, browser, javaScriptEnabled);
    const host = `${name}.localhost`;
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.goto(on(host, "/users/new"));
    await page.getByLabel("First name").fill("Ida");
    await page.getByLabel("Last name").fill("Holm");
    await page.getByLabel("E-mail").fill(`ida@${name}.example`);
    await page.getByRole("radio", { name: /^Show a one-time link/ }).check();
    await page.getByRole("button", { name: "Create user" }).click();
    const link = await page.locator("[data-one-time-link]").inputValue();
    await page.getByRole("button", { name: "Copy" }).click();
    await expect(page.locator("[data-copy]")).toHaveText("Copied");
    await expect(page.locator("#page-said")).toHaveText("Copied");
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link);

    const menu = page.locator("summary", { hasText: "Actions" });
    const revoke = page.getByRole("button", { name: "Revoke link" });
    const top = (await page.locator(".tab-line").boundingBox())?.y;
    await menu.click();
    await expect(revoke).toBeVisible();
    expect((await page.locator(".tab-line").boundingBox())?.y, "an open menu moves nothing").toBe(top);
    await page.keyboard.press("Escape");
    await expect(revoke).toBeHidden();
    await expect(menu).toBeFocused();
    await menu.click();
    await page.mouse.click(500, 30);
    await expect(revoke).toBeHidden();

    await page.keyboard.press("?");
    await expect(page.getByRole("dialog", { name: "Shortcuts" })).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog", { name: "Shortcuts" })).toBeHidden();

    const first = page.getByLabel("First name");
    const before = await first.inputValue();
    await first.fill(`${before}x`);
    let asked = false;
    page.once("dialog", async (dialog) => {
        asked = dialog.type() === "beforeunload";
        await dialog.dismiss();
    });
    await page.getByRole("link", { name: "Users", exact: true }).first().click();
    await expect.poll(() => asked, { message: "edits that were not saved are asked about" }).toBe(true);
    await expect(first).toHaveValue(`${before}x`);
    await first.fill(before);
    await first.press("Control+s");
    await expect(page.getByRole("status")).toContainText("Saved");

    await page.goto(on(host, "/users"));
    const bar = page.getByRole("button", { name: "Apply" });
    await expect(bar).toBeHidden();
    await expect(async () => {
        await page.keyboard.press("/");
        await expect(page.getByRole("searchbox")).toBeFocused({ timeout: 500 });
    }).toPass();
    await page.locator(".tick input").first().check();
    await expect(bar).toBeVisible();
    await page.locator(".tick input").first().uncheck();
    await expect(bar).toBeHidden();

    // With single-key shortcuts off, those with Ctrl still work.
    await page.goto(on(host, "/account"));
    await page.getByLabel("Use single-key shortcuts").uncheck();
    await page.getByLabel("Use single-key shortcuts").press("Control+s");
    await expect(page.getByRole("status")).toContainText("Saved");
    await page.goto(on(host, "/users"));
    await expect(async () => {
        await page.keyboard.press("Control+k");
        await expect(page.getByRole("dialog")).toBeVisible({ timeout: 500 });
    }).toPass();
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.keyboard.press("/");
    await expect(page.getByRole("searchbox")).not.toBeFocused();
    await expect(page.getByRole("dialog")).toBeHidden();
});
