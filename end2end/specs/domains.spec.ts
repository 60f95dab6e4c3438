import { expect, test } from "@playwright/test";
import { company, on, PORT } from "../users";

test("a company gets another domain, claims one of its own, and has one address", async ({ page, browser, javaScriptEnabled }) => {
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    await page.goto(on("localhost", `/tenants/${name}/domains`));
    const add = async (domain: string) => {
        await page.locator("#domain").fill(domain);
        await page.getByRole("button", { name: "Add domain" }).click();
    };
    // Each act asks first; the safe answer has the focus.
    const act = async (domain: string, what: string, keep: string, confirm: string) => {
        await page.getByRole("link", { name: `${what} ${domain}` }).click();
        await expect(page.getByRole("link", { name: keep })).toBeFocused();
        await page.getByRole("button", { name: confirm }).click();
    };
    await add("www");
    await expect(page.locator("#domain-error")).toBeVisible();
    await expect(page.locator("#domain")).toHaveValue("www");
    await add(`${name}too`);
    await expect(page.getByRole("status")).toContainText(`${name}too.localhost was added`);
    await owner.goto(on(`${name}too.localhost`, "/users"));
    await expect(owner).toHaveURL(on(`${name}.localhost`, "/users"));
    await act(`${name}too.localhost`, "Make primary", "Keep the primary domain", "Make primary");
    await expect(page.getByRole("status")).toContainText("is the primary domain now");
    await owner.goto(on(`${name}.localhost`, "/login"));
    await expect(owner).toHaveURL(`http://${name}too.localhost:${PORT}/login`);

    await add(`crm.${name}.example`);
    await expect(page.getByText(`_oneo-verify.crm.${name}.example`)).toBeVisible();
    await expect(page.locator("[data-domain-token]")).toHaveText(/^[\w-]{43}$/);
    await page.getByRole("button", { name: "Check now" }).click();
    await expect(page.locator("[data-toast=warning]")).toContainText(`crm.${name}.example is not verified. _oneo-verify.crm.${name}.example`);
    await page.goto(on("localhost", `/domains?q=${name}&verified=no`));
    await expect(page.getByRole("row", { name: new RegExp(`crm.${name}.example`) })).toContainText("Not verified");
    await page.getByRole("link", { name: `crm.${name}.example` }).click();
    await act(`crm.${name}.example`, "Verify manually", "Wait for the DNS", "Verify manually");
    await expect(page.getByRole("status")).toContainText("was verified manually");
    // Nothing answers for it, so nobody would find the tenant there.
    await act(`crm.${name}.example`, "Make primary", "Keep the primary domain", "Make primary");
    await expect(page.locator("[data-toast=warning]")).toContainText(/its DNS (has no address|could not be looked up)/);
    await act(`${name}too.localhost`, "Make primary", "Keep the primary domain", "Make primary");
    await act(`crm.${name}.example`, "Remove", "Keep domain", "Remove domain");
    await expect(page.getByRole("status")).toContainText("was removed");
});
