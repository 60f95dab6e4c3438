import { createHmac } from "node:crypto";
import { expect, test, type Page } from "@playwright/test";
import { another, company, enter, on, PASSWORD, as, word } from "../users";

/** The code of a key, as the app on a phone shows it (RFC 6238). */
function code(secret: string, steps = 0) {
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const bits = [...secret.replace(/\s/g, "")].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
    const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
    const digest = createHmac("sha1", key).update(counter).digest();
    const offset = digest[19] & 15;
    return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

async function walk(page: Page, host: string, login: string, second: Page) {
    await page.goto(on(host, "/account"));
    await page.locator("#first_name").fill("Renamed");
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page.getByRole("status")).toContainText("Saved");
    await expect(page.locator("#first_name")).toHaveValue("Renamed");
    await page.getByRole("link", { name: "Second factor", exact: true }).click();
    await page.getByRole("button", { name: "Set up second factor" }).click();
    const secret = await page.locator("[data-totp-secret]").innerText();
    await page.locator("#code").fill("000000");
    await page.getByRole("button", { name: "Turn on second factor" }).click();
    await expect(page.locator("#code-error")).toContainText("not right");
    await expect(page.locator("[data-totp-secret]")).toHaveText(secret);
    await page.locator("#code").fill(code(secret));
    await page.getByRole("button", { name: "Turn on second factor" }).click();
    await expect(page.locator("[data-recovery-codes] li")).toHaveCount(10);
    const recovery = await page.locator("[data-recovery-codes] code").first().innerText();
    // Somewhere else the password alone is not enough any more.
    await second.goto(on(host, "/login"));
    await second.locator("#login").fill(login);
    await second.locator("#password").fill(PASSWORD);
    await second.getByRole("button", { name: "Sign in" }).click();
    await expect(second.locator("h1")).toHaveText("One more step");
    await second.locator("#code").fill(recovery);
    await second.getByRole("button", { name: "Sign in" }).click();
    await expect(second).toHaveURL(on(host));
    // The sessions are listed, and the other one is ended.
    await page.goto(on(host, "/account/sessions"));
    await expect(page.getByText("this session")).toHaveCount(1);
    await page.getByRole("button", { name: /^Sign out Chrom/ }).click();
    await expect(page.getByRole("status")).toContainText("signed out");
    await second.goto(on(host));
    await expect(second).toHaveURL(/\/login/);
    // Off again, and another password.
    await page.goto(on(host, "/account/mfa"));
    await page.locator("summary", { hasText: "Turn off second factor" }).click();
    await page.getByRole("button", { name: "Turn off second factor" }).click();
    await expect(page.getByText("The second factor is off", { exact: true })).toBeVisible();
    await page.getByRole("link", { name: "Password", exact: true }).click();
    const fresh = "nine yellow herons whisper";
    await page.locator("#password_old").fill("wrong");
    await page.locator("#password").fill(fresh);
    await page.locator("#password_repeated").fill(fresh);
    await page.getByRole("button", { name: "Change password" }).click();
    await expect(page.locator("#password_old-error")).toContainText("not right");
    await page.locator("#password_old").fill(PASSWORD);
    await page.locator("#password").fill(fresh);
    await page.locator("#password_repeated").fill(fresh);
    await page.getByRole("button", { name: "Change password" }).click();
    await expect(page.getByRole("status")).toContainText("Your password is changed");
    await enter(second, host, login, fresh);
}

test("an owner's account: name, second factor, sessions, password", async ({ page, browser, javaScriptEnabled }) => {
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    await walk(owner, `${name}.localhost`, `olga@${name}.example`, await another(browser, javaScriptEnabled));
});

test("a platform admin's account is the same", async ({ page, browser, javaScriptEnabled }) => {
    const email = `${word("adam")}@oneo.example`;
    await as(page, "localhost", "platform admin");
    await page.goto(on("localhost", "/admins/new"));
    await page.locator("#first_name").fill("Adam");
    await page.locator("#last_name").fill("Admin");
    await page.locator("#email").fill(email);
    await page.getByLabel("Support").check();
    await page.getByRole("button", { name: "Create admin" }).click();
    const admin = await another(browser, javaScriptEnabled);
    await admin.goto(await page.locator("[data-one-time-link]").inputValue());
    await admin.locator("#password").fill(PASSWORD);
    await admin.locator("#password_repeated").fill(PASSWORD);
    await admin.getByRole("button", { name: "Set password and sign in" }).click();
    await expect(admin).toHaveURL(on("localhost"));
    await walk(admin, "localhost", email, await another(browser, javaScriptEnabled));
});
