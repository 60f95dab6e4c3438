import { defineConfig } from "@playwright/test";

const args = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

export default defineConfig({
    testDir: "specs",
    globalSetup: "./server.ts",
    fullyParallel: false,
    workers: 2,
    forbidOnly: !!process.env.CI,
    retries: 0,
    reporter: [["list"]],
    timeout: 30_000,
    use: {
        baseURL: process.env.ONEO_URL ?? "http://localhost:8100",
        launchOptions: { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args },
        trace: "off",
        screenshot: "only-on-failure",
    },
    projects: [
        { name: "javascript-off", use: { javaScriptEnabled: false }, testIgnore: /(islands|accessibility)/ },
        { name: "javascript-on", use: { javaScriptEnabled: true } },
    ],
});
