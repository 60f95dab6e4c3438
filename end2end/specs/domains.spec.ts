import { expect, test } from "@playwright/test";
import { company, on, PORT } from "../users";

test("a company gets another domain, claims one of its own, and has one address", async ({ page, browser, javaScriptEnabled }) => {
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    await page.goto(on("localhost", `/tenants/${name}/domains`));
    const add = async (domain: string) => {
        await page.locator("#domain").fill(domain);
        await page.getByRole("button", { name: "Add domain" }).click();
    };
    const act = async (domain: string, button: string) => {
        const line = page.locator("li", { hasText: domain });
        await line.getByText("Change", { exact: true }).click();
        await line.getByRole("button", { name: button }).click();
    };
    await add("www");
    await expect(page.locator("#domain-error")).toBeVisible();
    await expect(page.locator("#domain")).toHaveValue("www");
    await add(`${name}too`);
    await expect(page.getByRole("status")).toContainText(`${name}too.localhost was added`);
    await owner.goto(on(`${name}too.localhost`, "/users"));
    await expect(owner).toHaveURL(on(`${name}.localhost`, "/users"));
    await act(`${name}too.localhost`, "Make primary");
    await expect(page.getByRole("status")).toContainText("Links lead to");
    await owner.goto(on(`${name}.localhost`, "/login"));
    await expect(owner).toHaveURL(`http://${name}too.localhost:${PORT}/login`);

    await add(`crm.${name}.example`);
    await expect(page.getByText(`_oneo-verify.crm.${name}.example`)).toBeVisible();
    await expect(page.locator("[data-domain-token]")).toHaveText(/^[\w-]{43}$/);
    await page.getByRole("button", { name: "Check now" }).click();
    await expect(page.getByRole("status")).toContainText("does not say so yet");
    await page.goto(on("localhost", `/domains?q=${name}&verified=no`));
    await expect(page.getByRole("row", { name: new RegExp(`crm.${name}.example`) })).toContainText("Not yet");
    await page.getByRole("link", { name: `crm.${name}.example` }).click();
    await act(`crm.${name}.example`, "Remove");
    await expect(page.getByRole("status")).toContainText("was removed");
});
