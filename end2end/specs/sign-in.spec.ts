import { expect, test } from "@playwright/test";
import { as, on, signIn } from "../users";

test("the way in keeps where somebody wanted to go, and the way out is final", async ({ page, context }) => {
    const { login, password } = signIn("demo.localhost", "admin");
    await page.goto(on("demo.localhost", "/users?q=person"));
    await expect(page).toHaveURL(/\/login\?next=/);
    await page.locator("#login").fill(login);
    await page.locator("#password").fill("not the password at all");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByText("E-mail or password is not right")).toBeVisible();
    await expect(page.locator("#login")).toHaveValue(login);
    await expect(page.locator("#password")).toHaveValue("");
    await page.locator("#password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).toHaveURL(on("demo.localhost", "/users?q=person"));
    const before = await context.cookies(on("demo.localhost"));
    expect(before.filter((cookie) => cookie.name === "__Host-sid")).toHaveLength(1);
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page).toHaveURL(on("demo.localhost", "/login"));
    expect((await context.cookies(on("demo.localhost"))).filter((cookie) => cookie.name === "__Host-sid")).toHaveLength(0);
    // The browser's old cookie, put back, is nobody's.
    await context.addCookies(before);
    await page.goto(on("demo.localhost", "/users"));
    await expect(page).toHaveURL(/\/login/);
});

test("a cookie of one site is anonymous on every other", async ({ page, context }) => {
    await as(page, "demo.localhost", "owner");
    const [sid] = (await context.cookies(on("demo.localhost"))).filter((cookie) => cookie.name === "__Host-sid");
    for (const host of ["test.localhost", "localhost"]) {
        await context.addCookies([{ ...sid, domain: host }]);
        await page.goto(on(host, "/"));
        await expect(page).toHaveURL(on(host, "/login?ended=1"));
    }
    await page.goto(on("demo.localhost"));
    await expect(page.getByRole("heading", { level: 1 })).toContainText("Welcome");
});

test("a theme is chosen without a flash and stays", async ({ page }) => {
    await as(page, "demo.localhost", "manager");
    await page.getByLabel("Theme").click();
    await page.getByRole("button", { name: "Dark" }).click();
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    await page.goto(on("demo.localhost", "/users"));
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
});
