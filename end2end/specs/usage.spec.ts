import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "@playwright/test";
import { as, company, on } from "../users";

test("a company's AI: set, tested, limited, removed", async ({ page, browser, javaScriptEnabled }) => {
    const asked: string[] = [];
    const service = createServer((request, response) => {
        asked.push(`${request.url} ${request.headers.authorization}`);
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ model: "small-1", choices: [{ message: { content: "ok" } }], usage: { prompt_tokens: 8, completion_tokens: 1 } }));
    });
    await new Promise<void>((ready) => service.listen(0, "127.0.0.1", ready));
    const base = `http://127.0.0.1:${(service.address() as AddressInfo).port}/v1`;
    const { name } = await company(page, browser, javaScriptEnabled);
    await page.goto(on("localhost", `/tenants/${name}/ai`));
    await page.locator("#provider").selectOption("openai-compatible");
    await page.locator("#model").fill("small-1");
    await page.locator("#key").fill("sk-secret-of-this-test-AbCd");
    await page.locator("#ai_usage_limit").fill("a lot");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.locator("#base_url-error")).toContainText("Enter the service's address");
    await expect(page.locator("#ai_usage_limit-error")).toContainText("Enter an amount");
    await expect(page.locator("#model")).toHaveValue("small-1");
    await expect(page.locator("#key")).toHaveValue("");
    await page.locator("#base_url").fill(base);
    await page.locator("#ai_usage_limit").fill("25");
    await page.locator("#key").fill("sk-secret-of-this-test-AbCd");
    await page.locator("#ai_enabled").check();
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("ends in AbCd")).toBeVisible();
    await expect(page.getByText("0.00 / 25.00")).toBeVisible();
    await page.getByRole("button", { name: "Test connection" }).click();
    await expect(page.getByRole("status")).toContainText("small-1 answered after");
    expect(asked).toEqual(["/v1/chat/completions Bearer sk-secret-of-this-test-AbCd"]);
    await page.locator("summary", { hasText: "Remove the configuration" }).click();
    await page.getByRole("button", { name: "Remove configuration" }).click();
    await expect(page.getByRole("status")).toContainText("were removed");
    await expect(page.getByRole("button", { name: "Test connection" })).toHaveCount(0);
    service.close();
});

test("what a company uses shows up within ten seconds", async ({ page, browser, javaScriptEnabled }) => {
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    for (let visit = 0; visit < 3; visit++) await owner.goto(on(`${name}.localhost`, "/users"));
    await expect(async () => {
        await page.goto(on("localhost", `/tenants/${name}/usage`));
                await expect(page.locator("svg rect.chart-bar").first()).toBeVisible({ timeout: 100 });
    }).toPass({ timeout: 10_000 });
    await page.locator("summary", { hasText: "Show as table" }).first().click();
    await expect(page.getByRole("table", { name: /Requests by hour/ })).toBeVisible();
    await page.getByRole("navigation", { name: "Main", exact: true }).getByRole("link", { name: "Usage" }).click();
    await page.getByPlaceholder("Search tenants").fill(name);
    await page.getByRole("button", { name: "Search", exact: true }).click();
    await expect(page).toHaveURL(new RegExp(`q=${name}`));
    await expect(page.getByRole("row", { name: new RegExp(name) })).toBeVisible();
    await page.goto(on("localhost"));
    await expect(page.getByText("Users seen today")).toBeVisible();
    await expect(page.getByText("not measured yet")).toHaveCount(0);
});

test("somebody is looked up over all companies", async ({ page, browser, javaScriptEnabled }) => {
    const { name } = await company(page, browser, javaScriptEnabled);
    await page.getByRole("navigation", { name: "Main", exact: true }).getByRole("link", { name: "Users" }).click();
    await page.locator("#q").fill("no address");
    await page.getByRole("button", { name: "Look up" }).click();
    await expect(page.locator("#q-error")).toBeVisible();
    await page.locator("#q").fill(`olga@${name}.example`);
    await page.getByRole("button", { name: "Look up" }).click();
    await page.getByRole("link", { name }).click();
    await expect(page).toHaveURL(new RegExp(`/tenants/${name}/users`));
    await expect(page.getByRole("row", { name: /Olga Owner/ })).toBeVisible();
});

test("the list of usage sorts", async ({ page }) => {
    await as(page, "localhost", "platform admin");
    await page.goto(on("localhost", "/usage?sort=storage&dir=desc"));
    await expect(page.getByRole("columnheader", { name: "Database size" })).toHaveAttribute("aria-sort", "descending");
});
