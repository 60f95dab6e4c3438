import { expect, test, type Page } from "@playwright/test";
import { on, signIn, word } from "../users";

/** Tabs until the focus is on what `name` says, as somebody without a mouse does. */
async function tabTo(page: Page, name: RegExp, most = 60) {
    for (let step = 0; step < most; step++) {
        await page.keyboard.press("Tab");
        const focused = page.locator(":focus");
        // Past the last control the browser's own have the focus.
        if ((await focused.count()) === 0) continue;
        const text = `${(await focused.getAttribute("aria-label")) ?? ""} ${(await focused.textContent()) ?? ""} ${(await focused.getAttribute("id")) ?? ""}`;
        if (name.test(text)) {
            // What has the focus can be seen.
            await expect(focused).toBeInViewport();
            return;
        }
    }
    throw new Error(`the focus never reached ${name}`);
}

test("everything by keyboard", async ({ page }) => {
    const { login, password } = signIn("test.localhost", "owner");
    const name = word("key");
    await page.goto(on("test.localhost", "/login"));
    // The first field has the focus already.
    await expect(page.locator("#login")).toBeFocused();
    await page.keyboard.type(login);
    await page.keyboard.press("Tab");
    await page.keyboard.type(password);
    await page.keyboard.press("Enter");
    await page.waitForURL(on("test.localhost"));
    await page.keyboard.press("Tab");
    await expect(page.locator(":focus")).toHaveText("Skip to content");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/#content$/);
    await page.goto(on("test.localhost", "/users"));
    await tabTo(page, /Name, e-mail/);
    await page.keyboard.type("zzzz");
    await page.keyboard.press("Enter");
    await expect(page.getByText("No users match")).toBeVisible();
    await tabTo(page, /New user/);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/users\/new/);
    await expect(page.getByLabel("First name")).toBeFocused();
    await page.keyboard.type("Kim");
    await page.keyboard.press("Tab");
    await page.keyboard.type("Keys");
    await page.keyboard.press("Tab");
    await page.keyboard.type("owner@test.example");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    // The summary of what is wrong takes the focus; its link leads to the field.
    await expect(page.locator(".error-summary")).toBeFocused();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/#email$/);
    await tabTo(page, /^\s*email$/);
    await page.keyboard.press("Control+A");
    await page.keyboard.type(`${name}@test.example`);
    await page.keyboard.press("Enter");
    await expect(page.getByRole("status")).toContainText("an e-mail is on its way");
    await tabTo(page, /Deactivate/);
    await page.keyboard.press("Enter");
    await expect(page.getByText("was deactivated")).toBeVisible();
    await tabTo(page, /Undo/);
    await page.keyboard.press("Enter");
    await expect(page.getByText("is active again")).toBeVisible();
});
