import { expect, test } from "@playwright/test";
import { colleague, company, on } from "../users";

/** From an empty company to what one role sees of it. */
test("a new company defines a pipeline, imports into it, and a role sees exactly what it may", async ({ page, browser, javaScriptEnabled }) => {
    test.setTimeout(150_000);
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    const host = `${name}.localhost`;
    const mara = await colleague(browser, javaScriptEnabled, name, "salesperson");

    // A pipeline with ten fields of different types, and a relation to organizations.
    await owner.goto(on(host, "/settings/pipelines"));
    await owner.getByLabel("Name", { exact: true }).fill("Projects");
    await owner.getByLabel("Name of one").fill("Project");
    await owner.getByLabel("Records go through stages").check();
    await owner.getByRole("button", { name: "Create pipeline" }).click();
    await expect(owner.getByRole("status")).toContainText("Projects was created");
    for (const [label, type, choices] of [
        ["Contact", "E-mail", ""],
        ["Budget", "Amount", ""],
        ["Start", "Date", ""],
        ["Type", "Choice", "Internal\nClient"],
        ["Hours", "Number", ""],
        ["Signed", "Checkbox", ""],
        ["Site", "Web address", ""],
        ["Priority", "Rating", ""],
        ["Margin", "Percentage", ""],
    ]) {
        await owner.locator("#editor").getByLabel("Label").fill(label);
        await owner.getByLabel("Type", { exact: true }).selectOption({ label: type });
        await owner.getByRole("textbox", { name: /^Choices/ }).fill(choices);
        await owner.getByRole("button", { name: "Add field" }).click();
        await expect(owner.getByRole("status")).toContainText(`${label} was added`);
    }
    await owner.getByRole("link", { name: "Relations" }).click();
    await owner.getByLabel("Leads to").selectOption({ label: "Organizations" });
    await owner.getByLabel("Label here").fill("Customer");
    await owner.getByLabel("Label there").fill("Projects");
    await owner.getByRole("button", { name: "Add relation" }).click();
    await expect(owner.getByRole("status")).toContainText("was added");
    await owner.goto(on(host, "/p/organizations/new"));
    await owner.getByLabel("Name").fill("Initech");
    await owner.getByRole("button", { name: "Create", exact: true }).click();
    await expect(owner.getByRole("status")).toContainText("Initech was created");

    // 500 lines, of which one cannot be read and every tenth is a colleague's.
    const line = (n: number) =>
        [
            `Project ${String(n).padStart(3, "0")}`, `p${n}@x.example`, n === 250 ? "many" : `1.${String(n).padStart(3, "0")},50`, "31.01.2027",
            n % 2 ? "Client" : "Internal", "7", n % 3 ? "no" : "yes", "x.example", String((n % 5) + 1), "12", n < 3 ? "initech" : "",
            n % 10 ? "" : `mara@${name}.example`, n === 10 ? "Done" : "",
        ].join(";");
    const head = "Name;Contact;Budget;Start;Type;Hours;Signed;Site;Priority;Margin;Customer;Owner;Stage";
    const file = [head, ...Array.from({ length: 500 }, (_, n) => line(n))].join("\r\n");
    await owner.goto(on(host, "/p/projects"));
    await owner.getByRole("link", { name: "Import", exact: true }).click();
    await owner.getByLabel("File").setInputFiles({ name: "projects.csv", mimeType: "text/csv", buffer: Buffer.from(file) });
    await owner.getByRole("button", { name: "Upload" }).click();
    await expect(owner.getByText("500 lines, UTF-8, columns separated by “;”.")).toBeVisible();
    await expect(owner.getByLabel("Numbers")).toHaveValue("comma");
    await expect(owner.getByLabel("Dates")).toHaveValue("day_first");
    // Refused: what was chosen is still there.
    await owner.getByRole("combobox", { name: "Name (required)" }).selectOption("");
    await owner.getByLabel("Empty cells clear fields").check();
    await owner.getByRole("button", { name: "Check import" }).click();
    await expect(owner.getByRole("alert")).toContainText("New records need this: Name");
    await expect(owner.getByLabel("Empty cells clear fields")).toBeChecked();
    await owner.getByRole("combobox", { name: "Name (required)" }).selectOption("0");
    await owner.getByRole("button", { name: "Check import" }).click();
    const result = owner.getByRole("list", { name: "Result" });
    await expect(owner.getByText("Nothing was changed yet")).toBeVisible({ timeout: 60_000 });
    await expect(result).toContainText("499would be created");
    await expect(owner.getByRole("region", { name: "Skipped rows" })).toContainText("Budget: Enter a number");
    await owner.getByRole("button", { name: "Import now" }).click();
    await expect(result).toContainText("499created", { timeout: 60_000 });
    await expect(owner.locator("h1")).toContainText("Done", { timeout: 60_000 });

    // A view that the list opens with, and the board.
    await owner.goto(on(host, "/p/projects?field.type.any=client&sort=title&dir=asc&edit=view"));
    await owner.getByLabel("Name", { exact: true }).fill("Clients");
    await owner.getByLabel("Share with all users").check();
    await owner.getByRole("button", { name: "Save view" }).click();
    await expect(owner.getByRole("status")).toContainText("The view Clients was saved");
    await owner.getByRole("link", { name: "Columns & views" }).click();
    await owner.getByRole("button", { name: "Set as default: Clients" }).click();
    await expect(owner.getByRole("status")).toContainText("The list now opens with the view Clients");
    await owner.goto(on(host, "/p/projects"));
    await expect(owner.getByText("1–25 of 250")).toBeVisible();
    await owner.getByRole("link", { name: "All", exact: true }).click();
    await expect(owner.getByText("1–25 of 499")).toBeVisible();
    await owner.getByRole("link", { name: "Board", exact: true }).click();
    await expect(owner.getByRole("region", { name: /^Done/ })).toContainText("Project 010");
    await owner.goto(on(host, "/p/organizations"));
    await owner.getByRole("link", { name: "Initech" }).click();
    await expect(owner.getByRole("region", { name: /^Projects/ }).getByRole("link", { name: /^Project 00/ })).toHaveCount(3);

    // The role sees own records alone, and not the budget.
    await owner.goto(on(host, "/roles/salesperson/records"));
    const reach = owner.getByRole("group", { name: "Projects" });
    for (const act of await reach.getByRole("combobox").all()) await act.selectOption("own");
    await owner.getByRole("button", { name: "Save changes" }).click();
    await expect(owner.getByRole("status")).toContainText("Saved");
    await owner.goto(on(host, "/roles/salesperson/records/projects"));
    await owner.getByLabel("Budget").selectOption("none");
    await owner.getByRole("button", { name: "Save changes" }).click();
    await expect(owner.getByRole("status")).toContainText("Saved");

    await mara.goto(on(host, "/p/projects"));
    await expect(mara.getByText("1–25 of 49")).toBeVisible();
    await expect(mara.locator("main")).not.toContainText("Budget");
    await mara.getByRole("link", { name: "Project 010" }).click();
    await expect(mara.locator("main")).toContainText("p10@x.example");
    for (const hidden of ["Budget", "1,010.50"]) await expect(mara.locator("main")).not.toContainText(hidden);
    for (const path of ["?q=Project+011", "?field.budget.gte=1"]) {
        await mara.goto(on(host, `/p/projects${path}`));
        await expect(mara.getByText("No matches")).toBeVisible();
    }
});
