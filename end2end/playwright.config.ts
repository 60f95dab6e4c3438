import { defineConfig } from "@playwright/test";
import { chromium, still } from "./chromium";

const LONG = /\/(hostile|pages)\.spec/;

export default defineConfig({
    testDir: "specs",
    globalSetup: "./server.ts",
    fullyParallel: false,
    workers: 2,
    forbidOnly: !!process.env.CI,
    retries: 0,
    reporter: [["list"]],
    timeout: 30_000,
    // A busy machine answers late. What holds is seen at once all the same.
    expect: { timeout: 15_000 },
    use: {
        baseURL: process.env.ONEO_URL ?? "http://localhost:8100",
        launchOptions: chromium,
        contextOptions: still,
        trace: "off",
        screenshot: "only-on-failure",
    },
    projects: [
        // What takes longest begins first.
        { name: "long", use: { javaScriptEnabled: true }, testMatch: LONG },
        // Without scripts what differs is where an island stands, where a page follows a job, and the way through the whole.
        { name: "javascript-off", use: { javaScriptEnabled: false }, testMatch: /(copies|first-crm|import|journey|pipelines|record-lists|records|relations|search|signup|tenant-pages|users)\.spec/ },
        { name: "javascript-on", use: { javaScriptEnabled: true }, testIgnore: LONG },
    ],
});
