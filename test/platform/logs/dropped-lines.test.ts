/** Lines that are lost because the disk fails or is too slow: how the platform reports them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cryptoReady } from "../../../src/crypto.ts";
import {
	type FunctionLogs,
	type LogLine,
	NO_FUNCTION,
	type RequestLine,
} from "../../../src/platform/logs/function-logs.ts";
import { openLogFiles } from "../../../src/platform/logs/log-files.ts";

const ALL = { limit: 100_000 };
const TIME = new Date(1_800_000_000_000).toISOString();
const REQUEST: RequestLine = {
	time: TIME,
	method: "GET",
	path: "/shop/pay",
	status: 200,
	ms: 1,
	bytes: 2,
	id: null,
	reason: null,
};

let directory: string;
let logs: FunctionLogs;
/** The reported numbers of dropped requests to functions that do not exist. */
let unknownDropped: number[];
beforeEach(async () => {
	await cryptoReady;
	directory = mkdtempSync(join(tmpdir(), "coffer-logs-"));
	unknownDropped = [];
	logs = openLogFiles({
		directory,
		onError: () => {},
		onUnknownDropped: (count) => unknownDropped.push(count),
		limits: { fileBytes: 1024 * 1024, waitingBytes: 10_000 },
	});
});
afterEach(async () => {
	await logs.close();
	rmSync(directory, { recursive: true, force: true });
});

const line = (message: string): LogLine => ({ time: TIME, level: "info", message });
const messages = (lines: readonly LogLine[]) => lines.map(({ message }) => message);

describe("requests that the disk does not store", () => {
	test("are counted, and the function's log says once how many are missing", async () => {
		for (let index = 0; index < 1_000; index++) logs.requests.append("shop", "pay", REQUEST);
		await logs.close();
		const stored = await logs.requests.read("shop", "pay", ALL);
		const missing = 1_000 - stored.length;
		expect(missing).toBeGreaterThan(100);
		expect(logs.dropped).toEqual({ output: 0, requests: missing });
		expect(await logs.read("shop", "pay", ALL)).toMatchObject([
			{
				level: "error",
				message: expect.stringContaining(`${missing} requests are missing in the request log`),
			},
		]);
		logs.requests.append("shop", "pay", REQUEST);
		await logs.close();
		expect(await logs.read("shop", "pay", ALL)).toHaveLength(1);
	});

	test("are reported to the platform's log if no function has their name", async () => {
		for (let index = 0; index < 1_000; index++) logs.requests.append("shop", NO_FUNCTION, REQUEST);
		await logs.close();
		expect(unknownDropped).toEqual([logs.dropped.requests]);
		expect(await logs.read("shop", NO_FUNCTION, ALL)).toEqual([]);
	});

	test("because it fails are reported once it works again, like lines of the function", async () => {
		writeFileSync(join(directory, "shop"), "a file in the place of the folder");
		for (let index = 0; index < 3; index++) logs.requests.append("shop", "pay", REQUEST);
		await logs.close();
		logs.append("shop", "pay", line("lost"));
		await logs.close();
		expect(logs.dropped).toEqual({ output: 1, requests: 3 });
		rmSync(join(directory, "shop"));
		logs.requests.append("shop", "pay", REQUEST);
		await logs.close();
		logs.append("shop", "pay", line("kept"));
		await logs.close();
		const lines = messages(await logs.read("shop", "pay", ALL));
		expect(lines).toHaveLength(3);
		expect(lines[0]).toMatch(/^3 requests are missing/);
		expect(lines[1]).toMatch(/^1 line was dropped here/);
		expect(lines[2]).toBe("kept");
	});
});
