/** Without transitions between pages, which only make a test wait, and cost half its time. */
export const still = { reducedMotion: "reduce" } as const;

/** How Chromium is started, wherever it comes from. */
export const chromium = {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
};
