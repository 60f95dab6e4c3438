import { expect, test } from "@playwright/test";
import { company, on } from "../users";

test("a company keeps what it wants to know of its users", async ({ page, browser, javaScriptEnabled }) => {
    test.setTimeout(90_000);
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    const host = `${name}.localhost`;
    await owner.goto(on(host, "/settings"));
    await owner.getByRole("link", { name: "User fields" }).click();
    await expect(owner.getByText("No fields yet")).toBeVisible();
    await owner.getByLabel("Label", { exact: true }).fill("Office");
    await owner.getByLabel("Type", { exact: true }).selectOption("choice");
    await owner.getByLabel("Required").check();
    await owner.getByRole("button", { name: "Add field" }).click();
    // Refused: what was typed is still there.
    await expect(owner.getByRole("alert")).toContainText("Enter at least one choice");
    await expect(owner.getByLabel("Label", { exact: true })).toHaveValue("Office");
    await expect(owner.getByLabel("Required")).toBeChecked();
    await owner.getByLabel("Choices").fill("Berlin\nLisbon");
    await owner.getByRole("button", { name: "Add field" }).click();
    await expect(owner.getByRole("status")).toContainText("Office was added");
    await owner.getByLabel("Label", { exact: true }).fill("Remote");
    await owner.getByLabel("Type", { exact: true }).selectOption("checkbox");
    await owner.getByRole("button", { name: "Add field" }).click();
    await owner.getByRole("button", { name: "Move Remote up" }).click();
    await expect(owner.getByRole("status")).toContainText("Remote was moved up");
    await expect(owner.locator(".rows li").first()).toContainText("Remote");

    await owner.goto(on(host, "/users/new"));
    await owner.getByLabel("First name").fill("Mara");
    await owner.getByLabel("Last name").fill("Lindqvist");
    await owner.getByLabel("E-mail").fill(`mara@${name}.example`);
    await owner.getByLabel("Remote").check();
    await owner.getByRole("button", { name: "Create user" }).click();
    await expect(owner.getByRole("alert")).toContainText("This field is required");
    await expect(owner.getByLabel("Remote")).toBeChecked();
    await owner.getByLabel("Office").selectOption("Lisbon");
    await owner.getByRole("button", { name: "Create user" }).click();
    await expect(owner.getByRole("status")).toContainText("Mara Lindqvist was created");
    await expect(owner.getByLabel("Office")).toHaveValue("Lisbon");
    await owner.getByLabel("Remote").uncheck();
    await owner.getByRole("button", { name: "Save changes" }).click();
    await expect(owner.getByRole("status")).toContainText("Saved");
    await expect(owner.getByLabel("Remote")).not.toBeChecked();

    await owner.goto(on(host, "/users?edit=view"));
    await owner.getByRole("checkbox", { name: "Office" }).check();
    await owner.getByRole("button", { name: "Save columns" }).click();
    await owner.goto(on(host, "/users?filters=all"));
    await expect(owner.getByRole("columnheader", { name: "Office" })).toBeVisible();
    await owner.getByRole("combobox", { name: "Office" }).selectOption("Lisbon");
    await owner.getByRole("button", { name: "Filter", exact: true }).click();
    await expect(owner.getByRole("link", { name: "Remove filter Office: Lisbon" })).toBeVisible();
    await expect(owner.locator("tbody tr")).toHaveCount(1);

    await owner.goto(on(host, "/settings/fields"));
    await owner.getByRole("button", { name: "Delete Office" }).click();
    await expect(owner.getByRole("status")).toContainText("Office was deleted");
    await owner.getByRole("button", { name: "Undo" }).click();
    await expect(owner.getByRole("status")).toContainText("Office was restored");
    await owner.goto(on(host, "/users?field.office=Lisbon"));
    await expect(owner.getByText(`mara@${name}.example`)).toBeVisible();
});
