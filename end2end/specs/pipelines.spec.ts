import { expect, test } from "@playwright/test";
import { company, on } from "../users";

test("a company defines a pipeline, uses it, and takes a field away and back", async ({ page, browser, javaScriptEnabled }) => {
    test.setTimeout(90_000);
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    const host = `${name}.localhost`;
    await owner.goto(on(host, "/settings"));
    await owner.getByRole("link", { name: "Pipelines" }).click();
    await owner.getByLabel("Name", { exact: true }).fill("Deals");
    await owner.getByLabel("Name of one").fill("Candidate");
    await owner.getByRole("button", { name: "Create pipeline" }).click();
    await expect(owner.getByRole("alert")).toContainText("Another pipeline has this name");
    await expect(owner.getByLabel("Name of one")).toHaveValue("Candidate");
    await owner.getByLabel("Name", { exact: true }).fill("Candidates");
    await owner.getByLabel("Records go through stages").check();
    await owner.getByRole("button", { name: "Create pipeline" }).click();
    await expect(owner.getByRole("status")).toContainText("Candidates was created");
    for (const [label, type, choices] of [["Salary", "Amount", ""], ["Source", "Choice", "Referral\nAgency"], ["E-mail", "E-mail", ""]]) {
        await owner.getByLabel("Label").fill(label);
        await owner.getByLabel("Type", { exact: true }).selectOption({ label: type });
        await owner.getByRole("textbox", { name: /^Choices/ }).fill(choices);
        await owner.getByRole("button", { name: "Add field" }).click();
        await expect(owner.getByRole("status")).toContainText(`${label} was added`);
    }
    await owner.getByRole("link", { name: "Edit Source" }).click();
    await owner.getByLabel("Choice", { exact: true }).first().fill("Recommended");
    await owner.getByLabel("New choices").fill("Fair");
    await owner.getByRole("button", { name: "Save field" }).click();
    await expect(owner.getByRole("listitem").filter({ hasText: "Source" })).toContainText("Choice: Recommended, Agency, Fair");
    for (const width of [320, 1280]) {
        await owner.setViewportSize({ width, height: 900 });
        const over = await owner.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(over, `fields at ${width}`).toBeLessThanOrEqual(0);
    }

    await owner.getByRole("link", { name: "Stages" }).click();
    await owner.getByRole("link", { name: "Edit Done" }).click();
    await owner.getByRole("textbox", { name: "Name" }).fill("Hired");
    await owner.getByRole("checkbox", { name: "Salary" }).check();
    await owner.getByRole("button", { name: "Save stage" }).click();
    await expect(owner.getByRole("listitem").filter({ hasText: "Hired" })).toContainText("requires Salary");

    await owner.locator("#sidebar").getByRole("link", { name: "Candidates" }).click();
    await owner.getByRole("link", { name: "New Candidate" }).first().click();
    await owner.getByLabel("Name", { exact: true }).fill("Ada Lovelace");
    await owner.getByLabel("Source").selectOption("Recommended");
    await owner.getByLabel("Stage").selectOption("Hired");
    await owner.getByRole("button", { name: "Create", exact: true }).click();
    await expect(owner.getByRole("alert")).toContainText("Salary: This field is required in the stage Hired");
    await owner.getByLabel("Salary").fill("72000");
    await owner.getByRole("button", { name: "Create", exact: true }).click();
    await expect(owner.getByText("72,000.00 EUR")).toBeVisible();
    const address = owner.url();

    await owner.goto(on(host, "/settings/pipelines/candidates/fields"));
    await owner.getByRole("button", { name: "Delete Salary" }).click();
    await expect(owner.getByRole("status")).toContainText("Salary was deleted");
    const settings = await owner.context().newPage();
    await settings.goto(address);
    await expect(settings.getByText("72,000.00 EUR")).toHaveCount(0);
    await settings.close();
    await owner.getByRole("button", { name: "Undo" }).click();
    await expect(owner.getByRole("status")).toContainText("Salary was restored");
    await owner.goto(address);
    await expect(owner.getByText("72,000.00 EUR")).toBeVisible();

    // The type of a field is looked at, changed and changed back.
    await owner.goto(on(host, "/settings/pipelines/candidates/fields"));
    await owner.getByRole("link", { name: "Edit Source" }).click();
    await owner.getByRole("link", { name: "Change its type" }).click();
    await owner.getByLabel("New type instead of Choice").selectOption({ label: "Number" });
    await owner.getByRole("button", { name: "Preview" }).click();
    await expect(owner.getByText("Of 1 value that you see, 0 can be converted and 1 would become empty.")).toBeVisible();
    await owner.getByLabel("New type instead of Choice").selectOption({ label: "Text" });
    await owner.getByRole("button", { name: "Preview" }).click();
    await expect(owner.getByRole("row", { name: "Recommended Recommended" })).toBeVisible();
    await owner.getByRole("button", { name: "Change type" }).click();
    await expect(owner.getByRole("status")).toContainText("The type of Source was changed: 1 value converted");
    await owner.goto(`${address}/edit`);
    await expect(owner.getByLabel("Source")).toHaveValue("Recommended");
    await owner.goto(on(host, "/settings/pipelines/candidates/fields/source/type"));
    await owner.getByRole("button", { name: "Undo change" }).click();
    await expect(owner.getByRole("status")).toContainText("The change of Source was undone");
    await owner.goto(`${address}/edit`);
    await expect(owner.getByLabel("Source")).toHaveValue("referral");
});
