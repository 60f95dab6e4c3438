import { expect, test } from "@playwright/test";
import { company, on } from "../users";

test("a list of people comes in, and is taken back", async ({ page, browser, javaScriptEnabled }) => {
    test.setTimeout(120_000);
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    const host = `${name}.localhost`;
    await owner.goto(on(host, "/users"));
    await owner.getByRole("link", { name: "Import", exact: true }).click();
    const people = Array.from({ length: 40 }, (_, n) => `Person ${n};Tester;p${n}@${name}.example;${n === 7 ? "Chief" : "User"}`);
    const file = `Vorname;Nachname;E-Mail;Rolle\n${people.join("\n")}\nNobody;Nowhere;not an address;User\n`;
    await owner.getByLabel("File").setInputFiles({ name: "people.csv", mimeType: "text/csv", buffer: Buffer.from(file) });
    await owner.getByRole("button", { name: "Upload" }).click();
    await expect(owner.getByText("41 lines, UTF-8, columns separated by “;”.")).toBeVisible();
    await expect(owner.getByRole("combobox", { name: "E-mail", exact: true })).toHaveValue("2");
    // Refused: what was chosen is still there.
    await owner.getByRole("combobox", { name: "E-mail", exact: true }).selectOption("");
    await owner.getByLabel("Role of new users").selectOption("salesperson");
    await owner.getByRole("button", { name: "Check import" }).click();
    await expect(owner.getByRole("alert")).toContainText("so it needs a column");
    await expect(owner.getByLabel("Role of new users")).toHaveValue("salesperson");
    await owner.getByRole("combobox", { name: "E-mail", exact: true }).selectOption("2");
    await owner.getByRole("button", { name: "Check import" }).click();
    await expect(owner.getByText("Nothing was changed yet")).toBeVisible({ timeout: 30_000 });
    await expect(owner.getByRole("list", { name: "Result" })).toContainText("39would be created");
    await expect(owner.getByRole("list", { name: "Result" })).toContainText("2would be skipped");
    await expect(owner.getByText("New users: 39. Free seats: ", { exact: false })).toBeVisible();
    await expect(owner.getByRole("list", { name: "Reasons" })).toContainText("The role “Chief” does not exist");
    await expect(owner.getByRole("row", { name: /^9 Person 7 · Tester · / })).toContainText("The role “Chief” does not exist");
    await owner.getByRole("button", { name: "Import now" }).click();
    await expect(owner.getByRole("list", { name: "Result" })).toContainText("39created", { timeout: 30_000 });
    await expect(owner.locator("h1")).toContainText("Done", { timeout: 30_000 });
    await owner.goto(on(host, "/users?q=person"));
    await expect(owner.getByText("of 39", { exact: false }).first()).toBeVisible();
    await owner.goBack();
    await owner.locator("summary", { hasText: "Undo import" }).click();
    await owner.getByRole("button", { name: "Undo import" }).click();
    await expect(owner.getByRole("list", { name: "Result" })).toContainText("39undone", { timeout: 30_000 });
    await owner.goto(on(host, "/users?q=person"));
    await expect(owner.getByText("No users match")).toBeVisible();
});

test("many users are changed at once, few while one waits", async ({ page, browser, javaScriptEnabled }) => {
    test.setTimeout(120_000);
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    const host = `${name}.localhost`;
    await owner.goto(on(host, "/users/import"));
    const people = Array.from({ length: 30 }, (_, n) => `Person,${n},p${n}@${name}.example`);
    const file = `first_name,last_name,email\n${people.join("\n")}\n`;
    await owner.getByLabel("File").setInputFiles({ name: "people.csv", mimeType: "text/csv", buffer: Buffer.from(file) });
    await owner.getByRole("button", { name: "Upload" }).click();
    await owner.getByRole("button", { name: "Check import" }).click();
    await owner.getByRole("button", { name: "Import now" }).click({ timeout: 30_000 });
    // The check before it ends as "Done" too, so the number that only the import shows comes first.
    await expect(owner.getByRole("list", { name: "Result" })).toContainText("30created", { timeout: 30_000 });
    await expect(owner.locator("h1")).toContainText("Done", { timeout: 30_000 });

    await owner.goto(on(host, "/users?q=person&sort=email&dir=asc"));
    await owner.getByRole("checkbox", { name: "Person 0", exact: true }).check();
    await owner.getByRole("checkbox", { name: "Person 1", exact: true }).check();
    await expect(owner.locator(".bulk-count")).toBeVisible();
    await owner.getByLabel("Action").selectOption({ label: "Deactivate" });
    await owner.getByRole("button", { name: "Apply" }).click();
    await expect(owner.getByRole("heading", { level: 1 })).toContainText("Deactivate 2 users");
    await owner.getByRole("button", { name: "Deactivate 2 users" }).click();
    await expect(owner.getByRole("status")).toContainText("Deactivate: 2 done");

    await owner.goto(on(host, "/users?q=person"));
    if (javaScriptEnabled === false) {
        await owner.getByRole("link", { name: "Select all 25 on this page" }).click();
    } else {
        await owner.getByRole("checkbox", { name: "Select all on this page" }).check();
    }
    await expect(owner.getByRole("checkbox", { name: "Person 4", exact: true })).toBeChecked();
    await owner.getByLabel("Action").selectOption({ label: "Change role" });
    await owner.getByLabel("Select all 30 matching users").check();
    await owner.getByRole("button", { name: "Apply" }).click();
    await expect(owner.getByText("and 5 more")).toBeVisible();
    await owner.getByLabel("Role").selectOption({ label: "Manager" });
    await owner.getByRole("button", { name: "Change role of 30 users" }).click();
    await expect(owner.getByRole("list", { name: "Result" })).toContainText("30done", { timeout: 30_000 });
    await owner.goto(on(host, "/users?role=manager"));
    await expect(owner.getByText("of 30", { exact: false }).first()).toBeVisible();
});
