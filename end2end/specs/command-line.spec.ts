import { expect, test } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { PASSWORD, PORT, on, word } from "../users";
import { PROGRAM } from "../program";

// A company made at the terminal beside the running server answers at once; nothing is restarted.
test("the owner of a company made at the terminal signs in by the printed link", async ({ page }) => {
    const name = word("shell");
    const owner = ["--owner-email", `olga@${name}.example`, "--owner-first-name", "Olga", "--owner-last-name", "Owner"];
    const said = execFileSync(PROGRAM, ["tenant", "create", `Company ${name}`, name, ...owner], {
        cwd: process.env.ONEO_FOLDER,
        env: { PATH: process.env.PATH, HOME: process.env.HOME, ONEO_PUBLIC_URL: `http://localhost:${PORT}` },
        encoding: "utf8",
    });
    expect(said).toMatch(/created in \d+ ms/);
    await page.goto(said.match(/http\S+\/invite\/\S+/)![0]);
    await page.locator("#password").fill(PASSWORD);
    await page.locator("#password_repeated").fill(PASSWORD);
    await page.getByRole("button", { name: "Set password and sign in" }).click();
    await expect(page).toHaveURL(on(`${name}.localhost`));
    await expect(page.locator("h1")).toContainText("Welcome, Olga");
});
