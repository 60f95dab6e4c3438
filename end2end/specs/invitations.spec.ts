import { expect, test } from "@playwright/test";
import { emailTo, linkOf } from "../mail";
import { PASSWORD, another, company, on, word } from "../users";

const OTHER = "nine orange badgers whistle";

test("somebody is invited by mail, comes in, forgets the password and comes in again", async ({ page, browser, javaScriptEnabled }) => {
    test.setTimeout(90_000);
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    const host = `${name}.localhost`;
    const email = `${word("ines")}@${name}.example`;
    await owner.goto(on(host, "/users/new"));
    await owner.getByLabel("First name").fill("Ines");
    await owner.getByLabel("Last name").fill("Novák");
    await owner.getByLabel("E-mail").fill(email);
    await owner.getByRole("button", { name: "Create user" }).click();
    await expect(owner.getByRole("status")).toContainText(`an e-mail is on its way to ${email}`);
    const first = linkOf(await emailTo(email));

    // Sent again: the first link is worth nothing any more. Then taken back, then sent a third time.
    const help = async (what: string) => {
        await owner.locator("summary", { hasText: "Actions" }).click();
        await owner.getByRole("button", { name: what }).click();
    };
    await help("Send invitation by e-mail");
    await expect(owner.getByRole("status")).toContainText("An e-mail is on its way");
    const second = linkOf(await emailTo(email, 2));
    const ines = await another(browser, javaScriptEnabled);
    await ines.goto(first);
    await expect(ines.getByText("This link was replaced")).toBeVisible();
    await help("Revoke link");
    await expect(owner.getByRole("status")).toContainText("was revoked");
    await ines.goto(second);
    await expect(ines.getByText("This link was revoked")).toBeVisible();
    await help("Send invitation by e-mail");
    await ines.goto(linkOf(await emailTo(email, 3)));
    await expect(ines.getByRole("heading", { name: "Welcome, Ines" })).toBeVisible();
    await ines.locator("#password").fill(PASSWORD);
    await ines.locator("#password_repeated").fill(PASSWORD);
    await ines.getByRole("button", { name: "Set password and sign in" }).click();
    await expect(ines).toHaveURL(on(host));
    await owner.reload();
    await expect(owner.getByText("accepted")).toBeVisible();

    // Forgotten: the same words whoever is asked for, an e-mail for whom there is.
    const forgetful = await another(browser, javaScriptEnabled);
    await forgetful.goto(on(host, "/login"));
    await forgetful.getByRole("link", { name: "Forgot your password?" }).click();
    await expect(forgetful).toHaveURL(on(host, "/forgot"));
    await forgetful.getByLabel("E-mail or username").fill(email);
    await forgetful.getByRole("button", { name: "Send me a link" }).click();
    await expect(forgetful.getByRole("status")).toContainText("If this account exists");
    const reset = await emailTo(email, 4);
    expect(reset.subject).toContain("Reset your password");
    await forgetful.goto(linkOf(reset));
    await forgetful.locator("#password").fill(OTHER);
    await forgetful.locator("#password_repeated").fill(OTHER);
    await forgetful.getByRole("button", { name: "Set password" }).click();
    await expect(forgetful).toHaveURL(on(host, "/login"));
    await ines.goto(on(host, "/account"));
    await expect(ines).toHaveURL(/\/login/);
    await forgetful.locator("#login").fill(email);
    await forgetful.locator("#password").fill(OTHER);
    await forgetful.getByRole("button", { name: "Sign in" }).click();
    await expect(forgetful).toHaveURL(on(host));

    // Signed out by the admin, everywhere and at once.
    await owner.reload();
    await owner.locator("summary", { hasText: "Actions" }).click();
    await owner.getByRole("link", { name: "Sign out everywhere" }).click();
    await owner.getByRole("button", { name: "Sign out", exact: true }).last().click();
    await expect(owner.getByRole("status")).toContainText("is signed out everywhere");
    await forgetful.goto(on(host, "/account"));
    await expect(forgetful).toHaveURL(/\/login/);
});
