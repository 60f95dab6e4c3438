import { expect, test } from "@playwright/test";
import { PASSWORD, another, company, on, word } from "../users";

test("a company makes a role, gives it, compares it and takes it away", async ({ page, browser, javaScriptEnabled }) => {
    test.setTimeout(90_000);
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    const host = `${name}.localhost`;
    await owner.getByRole("link", { name: "Roles", exact: true }).first().click();
    await expect(owner.getByRole("row", { name: /^Manager/ })).toContainText("0 users");
    await owner.getByRole("link", { name: "Duplicate Salesperson" }).click();
    await expect(owner.getByLabel("Sees contacts and deals")).toHaveValue("own");
    await owner.getByLabel("Name").fill("Manager");
    await owner.getByLabel("Sees who works in the company").check();
    await owner.getByRole("button", { name: "Create role" }).click();
    // Refused: the name is taken; everything that was chosen is still there.
    await expect(owner.getByRole("alert")).toContainText("Another role has this name");
    await expect(owner.getByLabel("Sees who works in the company")).toBeChecked();
    await expect(owner.getByLabel("Sees contacts and deals")).toHaveValue("own");
    await owner.getByLabel("Name").fill("Front desk");
    await owner.getByLabel("What it is for").fill("Answers the phone");
    await owner.getByRole("button", { name: "Create role" }).click();
    await expect(owner.getByRole("status")).toContainText("Front desk was created");
    await owner.getByLabel("Compare with").selectOption({ label: "Salesperson" });
    await owner.getByRole("button", { name: "Compare" }).click();
    await expect(owner.getByText("They differ in one permission.")).toBeVisible();

    // Somebody new, with the role as a further one and a denial of one's own.
    await owner.goto(on(host, "/users/new"));
    await owner.getByLabel("First name").fill("Paul");
    await owner.getByLabel("Last name").fill("Phone");
    await owner.getByLabel("E-mail").fill(`${word("paul")}@${name}.example`);
    await owner.getByRole("radio", { name: /^User/ }).check();
    await owner.getByRole("radio", { name: /^Show a one-time link/ }).check();
    await owner.getByRole("button", { name: "Create user" }).click();
    const link = await owner.locator("[data-one-time-link]").inputValue();
    await owner.getByRole("link", { name: "Permissions" }).click();
    await owner.getByRole("checkbox", { name: /^Front desk/ }).check();
    await owner.getByLabel("Changes contacts and deals for this user").selectOption("deny");
    await owner.getByRole("button", { name: "Save" }).click();
    await expect(owner.getByRole("status")).toContainText("Saved");
    await expect(owner.getByRole("row", { name: /records.edit/ })).toContainText("denied to this user");
    await expect(owner.getByRole("row", { name: /users.view/ })).toContainText("Front desk");

    const paul = await another(browser, javaScriptEnabled);
    await paul.goto(link);
    await paul.locator("#password").fill(PASSWORD);
    await paul.locator("#password_repeated").fill(PASSWORD);
    await paul.getByRole("button", { name: "Set password and sign in" }).click();
    await expect(paul).toHaveURL(on(host));
    await paul.getByRole("link", { name: "Users", exact: true }).first().click();
    await expect(paul.getByRole("heading", { name: "Users", exact: true })).toBeVisible();

    // The role goes; what it gave is gone with the next page.
    await owner.goto(on(host, "/roles/front_desk"));
    await owner.getByRole("link", { name: "Delete role" }).click();
    await expect(owner.getByText("Users with this role: 1.")).toBeVisible();
    await owner.getByRole("button", { name: "Delete role" }).click();
    await expect(owner.getByRole("status")).toContainText("Front desk was deleted");
    await paul.goto(on(host, "/users"));
    await expect(paul.getByRole("heading", { name: "Not allowed" })).toBeVisible();
});
