import { expect, test } from "@playwright/test";
import { company, on } from "../users";

test("a deal is created, changed by two users, deleted and brought back", async ({ page, browser, javaScriptEnabled }) => {
    test.setTimeout(90_000);
    const { name, owner } = await company(page, browser, javaScriptEnabled);
    const host = `${name}.localhost`;
    await owner.goto(on(host));
    await owner.locator("#sidebar").getByRole("link", { name: "Deals" }).click();
    await expect(owner.getByText("Deals will appear here")).toBeVisible();
    await owner.getByRole("link", { name: "New Deal" }).first().click();
    await owner.getByLabel("Name").fill("Analytical Engine");
    await owner.getByLabel("Amount").fill("1.200,00");
    await owner.getByLabel("Stage").selectOption("Proposal");
    await owner.getByRole("button", { name: "Create", exact: true }).click();
    // Refused: what was typed is still there.
    await expect(owner.getByRole("alert")).toContainText("Enter a number such as 1200.5");
    await expect(owner.getByLabel("Name")).toHaveValue("Analytical Engine");
    await expect(owner.getByLabel("Stage")).toHaveValue("proposal");
    await owner.getByLabel("Amount").fill("1,200");
    await owner.getByRole("button", { name: "Create", exact: true }).click();
    await expect(owner.getByRole("status")).toContainText("Analytical Engine was created");
    await expect(owner.getByText("1,200.00 EUR")).toBeVisible();
    const address = owner.url();

    // Another tab changes the amount while this one changes amount and name.
    await owner.getByRole("link", { name: "Edit" }).click();
    const other = await owner.context().newPage();
    await other.goto(`${address}/edit`);
    await other.getByLabel("Amount").fill("1500");
    await other.getByRole("button", { name: "Save changes" }).click();
    await expect(other.getByRole("status")).toContainText("Saved");
    await other.close();
    await owner.getByLabel("Next step").fill("Send the drawings");
    await owner.getByLabel("Amount").fill("900");
    await owner.getByRole("button", { name: "Save changes" }).click();
    await expect(owner.getByRole("alert")).toContainText("Now “1500.00”, before that “1200.00”");
    await expect(owner.getByLabel("Amount")).toHaveValue("900");
    await owner.getByRole("button", { name: "Save changes" }).click();
    await expect(owner.getByRole("status")).toContainText("Saved");
    const timeline = owner.getByRole("region", { name: "Timeline" });
    await expect(timeline).toContainText("Amount: 1,500.00 EUR → 900.00 EUR");
    await expect(timeline).toContainText("Next step: Send the drawings");
    for (const width of [320, 1280]) {
        await owner.setViewportSize({ width, height: 900 });
        const over = await owner.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(over, `a record with a history at ${width}`).toBeLessThanOrEqual(0);
    }

    await owner.goto(on(host));
    await expect(owner.getByRole("region", { name: "Open Deals" })).toContainText("Analytical Engine");
    await owner.goto(address);
    await owner.getByRole("button", { name: "Delete" }).click();
    await expect(owner.getByRole("status")).toContainText("Analytical Engine was moved to the trash");
    await owner.getByRole("button", { name: "Undo" }).click();
    await expect(owner.getByRole("status")).toContainText("Analytical Engine was restored");

    await owner.goto(on(host, "/p/deals?edit=view"));
    await owner.getByRole("checkbox", { name: "Next step" }).check();
    await owner.getByRole("button", { name: "Save columns" }).click();
    await expect(owner.getByRole("columnheader", { name: "Next step" })).toBeVisible();
    await owner.getByRole("combobox", { name: "Stage" }).selectOption("Won");
    await owner.getByRole("button", { name: "Filter", exact: true }).click();
    await expect(owner.getByText("No matches")).toBeVisible();
    await owner.getByRole("link", { name: "Remove filter Stage: Won" }).click();
    await expect(owner.locator("tbody tr")).toHaveCount(1);

    await owner.goto(on(host, "/p/deals/board"));
    const proposal = owner.getByRole("region", { name: "Proposal" });
    await proposal.getByRole("combobox", { name: "Stage of Analytical Engine" }).selectOption("Won");
    await proposal.getByRole("button", { name: "Move" }).click();
    await expect(owner.getByRole("status")).toContainText("Analytical Engine is now in Won");
    await expect(owner.getByRole("region", { name: "Won" })).toContainText("Analytical Engine");
    await owner.getByRole("button", { name: "Undo" }).click();
    await expect(owner.getByRole("status")).toContainText("Analytical Engine is now in Proposal");

    // Beside the controls of the card, once the script of the page listens.
    const drag = async (stage: string) => {
        await owner.waitForLoadState("networkidle");
        // All stages fit: the board does not scroll under the pointer.
        await owner.setViewportSize({ width: 2200, height: 900 });
        const card = owner.getByRole("listitem").filter({ hasText: "Analytical Engine" });
        await card.dragTo(owner.getByRole("region", { name: stage }), { sourcePosition: { x: 4, y: 4 } });
    };
    // A stage that asks for a field leads to the form, where it stands ready to be filled in.
    if (javaScriptEnabled) {
        await drag("Lost");
    } else {
        await proposal.getByRole("combobox", { name: "Stage of Analytical Engine" }).selectOption("Lost");
        await proposal.getByRole("button", { name: "Move" }).click();
    }
    await expect(owner.getByRole("alert")).toContainText("Lost reason: This field is required in the stage Lost");
    await owner.getByRole("link", { name: "Fill in and move" }).click();
    await expect(owner.getByLabel("Stage")).toHaveValue("lost");
    await owner.getByLabel("Lost reason").selectOption("Price");
    await owner.getByRole("button", { name: "Save changes" }).click();
    await expect(owner.getByRole("heading", { level: 1 })).toContainText("Lost since today");
    await owner.goto(on(host, "/p/deals/board"));
    if (javaScriptEnabled) {
        await drag("Qualified");
        await expect(owner.getByRole("status")).toContainText("Analytical Engine is now in Qualified");
    }
});
