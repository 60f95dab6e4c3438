import { expect, test } from "@playwright/test";
import { company, on } from "../users";

test("records are linked in forms, on their pages and in lists, and have notes and tasks", async ({ page, browser, javaScriptEnabled }) => {
    test.setTimeout(90_000);
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    const host = `${name}.localhost`;
    const create = async (path: string, fields: [string, string][]) => {
        await owner.goto(on(host, path));
        for (const [label, value] of fields) await owner.getByLabel(label).fill(value);
        await owner.getByRole("button", { name: "Create", exact: true }).click();
    };
    await create("/p/organizations/new", [["Name", "Initech"]]);
    const organization = owner.url();
    // A contact made on the page of its organization; what is typed wrong is kept.
    const contacts = owner.getByRole("region", { name: /^Contacts/ });
    await contacts.getByRole("link", { name: "New Contact" }).click();
    await expect(owner.getByLabel("Organization")).toHaveValue("Initech");
    await owner.getByLabel("Last name").fill("Lovelace");
    await owner.getByLabel("Organization").fill("Inite");
    await owner.getByRole("button", { name: "Create", exact: true }).click();
    await expect(owner.getByRole("alert")).toContainText("Did you mean Initech?");
    await expect(owner.getByLabel("Last name")).toHaveValue("Lovelace");
    await owner.getByLabel("Organization").fill("initech");
    await owner.getByRole("button", { name: "Create", exact: true }).click();
    await expect(owner.getByRole("link", { name: "Initech" })).toBeVisible();
    const contact = owner.url();
    // Link a deal through the search, in the palette or on its page.
    await create("/p/deals/new", [["Name", "Big deal"]]);
    await owner.goto(contact);
    const deals = owner.getByRole("region", { name: /^Deals/ });
    await deals.getByRole("link", { name: "Link Deals" }).click();
    await owner.getByRole("searchbox").last().fill("big");
    if (!javaScriptEnabled) await owner.getByRole("searchbox").press("Enter");
    await owner.getByRole("button", { name: /^Big deal/ }).click();
    await expect(owner.getByRole("status")).toContainText("Big deal was linked to Lovelace");
    await expect(deals.getByRole("link", { name: "Big deal" })).toBeVisible();
    // The link is taken away, and back.
    await deals.getByRole("button", { name: "Unlink Big deal" }).click();
    await expect(deals).toContainText("Nothing linked yet");
    await owner.getByRole("button", { name: "Undo" }).click();
    await expect(deals.getByRole("link", { name: "Big deal" })).toBeVisible();
    // A note is written, changed, deleted and brought back.
    const notes = owner.getByRole("region", { name: "Notes" });
    await notes.getByLabel("New note").fill("Called.\nWants a quote.");
    await notes.getByRole("button", { name: "Add note" }).click();
    await expect(notes).toContainText("Wants a quote.");
    await notes.getByRole("link", { name: "Edit note" }).click();
    await notes.getByLabel("Note", { exact: true }).fill("Wants two quotes.");
    await notes.getByRole("button", { name: "Save note" }).click();
    await expect(notes).toContainText("edited");
    await notes.getByRole("button", { name: "Delete note" }).click();
    await expect(notes).not.toContainText("Wants two quotes.");
    await owner.getByRole("button", { name: "Undo" }).click();
    await expect(notes).toContainText("Wants two quotes.");
    // A task of the contact is done, and open again.
    await owner.getByRole("link", { name: "New Activity" }).click();
    await owner.getByLabel("Subject").fill("Send the quote");
    await owner.getByLabel("Due date").fill("2020-02-03");
    await owner.getByRole("button", { name: "Create", exact: true }).click();
    await owner.getByRole("link", { name: "Tasks" }).click();
    const late = owner.getByRole("region", { name: /^Overdue/ });
    await expect(late).toContainText("Lovelace");
    await late.getByRole("button", { name: "Mark done: Send the quote" }).click();
    await expect(owner.getByText("Nothing to do")).toBeVisible();
    await owner.getByRole("button", { name: "Undo" }).click();
    await expect(late).toContainText("Send the quote");
    // The list of what is linked.
    await owner.goto(organization);
    await owner.getByRole("region", { name: /^Contacts/ }).getByRole("link", { name: "Show in list" }).click();
    await expect(owner.getByText("Organization is Initech")).toBeVisible();
    await expect(owner.getByRole("link", { name: "Lovelace" })).toBeVisible();
});
