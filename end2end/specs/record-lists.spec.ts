import { expect, test } from "@playwright/test";
import { company, on } from "../users";

test("a list is filtered, sorted by two columns and changed as a whole, and the change is undone", async ({ page, browser, javaScriptEnabled }) => {
    test.setTimeout(90_000);
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    const host = `${name}.localhost`;
    // A field of several choices, filled by ticking.
    await owner.goto(on(host, "/settings/pipelines/deals/fields"));
    await owner.locator("#editor").getByLabel("Label").fill("Products");
    await owner.getByLabel("Type", { exact: true }).selectOption("Multiple choice");
    await owner.getByRole("textbox", { name: "Choices" }).fill("Support\nTraining");
    await owner.getByRole("button", { name: "Add field" }).click();
    await expect(owner.getByRole("status")).toContainText("Products was added");
    for (const [title, amount, products] of [
        ["Small", "100", ["Support"]],
        ["Large", "9000", ["Support", "Training"]],
        ["Equal", "9000", []],
    ] as const) {
        await owner.goto(on(host, "/p/deals/new"));
        await owner.getByLabel("Name").fill(title);
        await owner.getByLabel("Amount").fill(title === "Small" ? "a little" : amount);
        for (const product of products) await owner.getByRole("checkbox", { name: product }).check();
        await owner.getByRole("button", { name: "Create", exact: true }).click();
        if (title === "Small") {
            await expect(owner.getByRole("alert")).toContainText("Enter a number such as 1200.5");
            await expect(owner.getByRole("checkbox", { name: "Support" })).toBeChecked();
            await owner.getByLabel("Amount").fill(amount);
            await owner.getByRole("button", { name: "Create", exact: true }).click();
        }
        await expect(owner.getByRole("status")).toContainText(`${title} was created`);
    }

    const titles = owner.locator("tbody th");
    const filter = async (field: string, comparison: string, value: (form: typeof owner) => Promise<void>) => {
        await owner.getByRole("combobox", { name: "Add filter" }).selectOption(field);
        await owner.getByRole("button", { name: "Filter", exact: true }).click();
        await owner.getByRole("combobox", { name: "Comparison" }).selectOption(comparison);
        await value(owner);
        await owner.getByRole("button", { name: "Add filter" }).click();
    };
    await owner.goto(on(host, "/p/deals"));
    await filter("Amount", "is at least", (form) => form.getByRole("textbox", { name: "Value" }).fill("much"));
    await expect(owner.getByText("Enter a number such as 1200.5")).toBeVisible();
    await owner.getByRole("textbox", { name: "Value" }).fill("1000");
    await owner.getByRole("button", { name: "Add filter" }).click();
    await expect(titles).toHaveText(["Equal", "Large"]);
    await filter("Products", "is any of", (form) => form.getByRole("checkbox", { name: "Training" }).check());
    await expect(titles).toHaveText(["Large"]);
    await owner.getByRole("link", { name: "Remove filter Products is any of Training" }).click();
    await owner.getByRole("columnheader", { name: "Amount" }).getByRole("link").click();
    await owner.getByRole("combobox", { name: "Then sort by" }).selectOption("then Deal ↓");
    await owner.getByRole("button", { name: "Filter", exact: true }).click();
    await expect(titles).toHaveText(["Large", "Equal"]);

    await owner.locator("tbody").getByRole("checkbox").first().check();
    await owner.locator("tbody").getByRole("checkbox").last().check();
    await owner.getByRole("combobox", { name: "Action" }).selectOption("Move to a stage");
    await owner.getByRole("button", { name: "Apply" }).click();
    await expect(owner.getByRole("heading", { level: 1 })).toHaveText("Move 2 Deals to a stage");
    await owner.getByLabel("Stage").selectOption("Won");
    await owner.getByRole("button", { name: "Move 2 Deals to a stage" }).click();
    await expect(owner.getByRole("status")).toContainText("2 done");
    await expect(owner.locator("tbody").getByText("Won")).toHaveCount(2);
    await owner.getByRole("button", { name: "Undo" }).click();
    await expect(owner.getByRole("status")).toContainText("2 undone");
    await expect(owner.locator("tbody").getByText("Won")).toHaveCount(0);
});
