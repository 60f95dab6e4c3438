import { expect, test } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { still } from "../chromium";
import { another, company, enter, on, PASSWORD } from "../users";

test("a company is cloned, exported and purged, and each job shows itself to its end", async ({ page, browser, javaScriptEnabled }) => {
    test.setTimeout(90_000);
    const { name } = await company(page, browser, javaScriptEnabled);
    // The page of a job follows it by itself, with scripts or without.
    const ends = async (as: string) => {
        await expect(page).toHaveURL(/\/jobs\/\d+/);
        await expect(page.locator("h1")).toContainText(as, { timeout: 20_000 });
    };
    await page.goto(on("localhost", `/tenants/${name}/copies`));
    await page.locator("#domain").fill("admin");
    await page.getByRole("button", { name: "Clone tenant" }).click();
    await expect(page.locator("#domain-error")).toBeVisible();
    await expect(page.locator("#domain")).toHaveValue("admin");
    await page.locator("#domain").fill(`${name}x`);
    await page.getByRole("button", { name: "Clone tenant" }).click();
    await ends("Done");
    await page.getByRole("link", { name: `${name}x` }).click();
    await expect(page.locator("h1")).toContainText(name);
    const copy = await browser.newContext({ javaScriptEnabled, ...still });
    await enter(await copy.newPage(), `${name}x.localhost`, `olga@${name}.example`, PASSWORD);

    await page.goto(on("localhost", `/tenants/${name}/copies`));
    await page.getByRole("button", { name: "Export", exact: true }).click();
    await ends("Done");
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download" }).click()]);
    const names = execFileSync("tar", ["-tf", await download.path()], { encoding: "utf8" });
    expect(names).toContain("tables/users.jsonl");
    expect(names.trim().split("\n").at(-1)).toBe("manifest.json");

    await page.goto(on("localhost", `/tenants/${name}x/danger`));
    await page.getByRole("link", { name: "Archive tenant" }).click();
    await page.getByRole("button", { name: "Archive tenant" }).last().click();
    await page.locator("#name").fill("something else");
    await page.getByLabel("Drop the schema").check();
    await page.getByLabel("Do not wait").check();
    await page.getByRole("button", { name: "Purge tenant" }).click();
    await expect(page.locator("#name-error")).toContainText("not the tenant's name");
    await page.locator("#name").fill(name);
    await page.getByRole("button", { name: "Purge tenant" }).click();
    await ends("Done");
    await page.goto(on("localhost", `/tenants/${name}x`));
    await expect(page.locator("h1")).toHaveText("Not found");
    await page.goto(on("localhost", "/jobs"));
    await expect(page.getByRole("row", { name: /Tenant purge/ }).first()).toContainText("Done");
});

test("an archive goes out and comes in as another company", async ({ page, browser, javaScriptEnabled }) => {
    const { name } = await company(page, browser, javaScriptEnabled);
    await page.goto(on("localhost", `/tenants/${name}/copies`));
    await page.getByRole("button", { name: "Export", exact: true }).click();
    await expect(page.locator("h1")).toContainText("Done", { timeout: 20_000 });
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download" }).click()]);
    const file = await download.path();
    await page.goto(on("localhost", "/tenants"));
    await page.getByRole("link", { name: "Import" }).click();
    await page.locator("#domain").fill("www");
    await page.locator("#file").setInputFiles(file);
    await page.getByRole("button", { name: "Import" }).click();
    await expect(page.locator("#domain-error")).toContainText("reserved");
    const copy = `${name}b`;
    await page.locator("#domain").fill(copy);
    await page.locator("#file").setInputFiles(file);
    await page.getByRole("button", { name: "Import" }).click();
    await expect(page).toHaveURL(/\/jobs\/\d+/);
    await expect(page.locator("h1")).toContainText("Done", { timeout: 20_000 });
    const owner = await another(browser, javaScriptEnabled);
    await enter(owner, `${copy}.localhost`, `olga@${name}.example`, PASSWORD);
});
