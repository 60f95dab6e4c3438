import { defineConfig } from "@playwright/test";
import { chromium } from "./chromium";

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
        launchOptions: chromium,
        trace: "off",
        screenshot: "only-on-failure",
    },
    projects: [
        // Without scripts what differs is where an island stands, where a page follows a job, and the way through the whole.
        { name: "javascript-off", use: { javaScriptEnabled: false }, testMatch: /(account|copies|import|invitations|journey|sign-in|signup|tenant-pages|users)\.spec/ },
        { name: "javascript-on", use: { javaScriptEnabled: true } },
    ],
});
