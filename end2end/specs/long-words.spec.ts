import { expect, test } from "@playwright/test";
import { company, on } from "../users";

test.use({ viewport: { width: 320, height: 640 } });

test("no page is wider than a narrow screen, however long its words are", async ({ page, browser, javaScriptEnabled }) => {
    test.setTimeout(60_000);
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    await owner.setViewportSize({ width: 320, height: 640 });
    const host = `${name}.localhost`;
    const surname = "Wolfeschlegelsteinhausenbergerdorff";
    const address = `${"a".repeat(60)}@${`${"w".repeat(60)}.`.repeat(3)}example`;
    await owner.goto(on(host, "/users/new"));
    await owner.getByLabel("First name").fill(surname);
    await owner.getByLabel("Last name").fill(surname.repeat(4));
    await owner.getByLabel("E-mail").fill(address);
    await owner.getByRole("radio", { name: /^Show a one-time link/ }).check();
    await owner.getByRole("button", { name: "Create user" }).click();
    await expect(owner.getByRole("heading", { level: 1 })).toContainText(surname);
    const user = new URL(owner.url()).pathname;
    await owner.goto(on(host, "/roles/new"));
    await owner.getByLabel("Name", { exact: true }).fill("R".repeat(100));
    await owner.getByLabel("What it is for").fill("d".repeat(300));
    await owner.getByRole("button", { name: "Create role" }).click();
    await expect(owner.getByRole("heading", { level: 1 })).toContainText("RRR");
    await page.goto(on("localhost", `/tenants/${name}/general`));
    await page.getByLabel("Tenant name", { exact: true }).fill("W".repeat(100));
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("status")).toContainText("Saved");
    const wide: string[] = [];
    const measured = async (on: typeof page, url: string) => {
        await on.goto(url);
        const width = await on.evaluate(() => document.documentElement.scrollWidth);
        const widest = () => [...document.querySelectorAll("main *")].filter((one) => one.getBoundingClientRect().right > 330).map((one) => `${one.tagName}.${one.className}`);
        if (width > 320) wide.push(`${url}: ${width} by ${(await on.evaluate(widest)).slice(0, 12).join(" < ")}`);
    };
    for (const path of ["/", "/users", `/users?q=${surname}`, user, `${user}/permissions`, `${user}/sessions`, `${user}/audit`, "/audit", "/roles", "/sessions", "/settings", "/account"]) {
        await measured(owner, on(host, path));
    }
    for (const path of ["/", "/tenants", `/tenants/${name}`, `/tenants/${name}/general`, `/tenants/${name}/quota`, `/tenants/${name}/users`, `/tenants/${name}/danger`, "/audit", "/domains", "/usage", `/users?q=${encodeURIComponent(address)}`]) {
        await measured(page, on("localhost", path));
    }
    expect(wide).toEqual([]);
});
