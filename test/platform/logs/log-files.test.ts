/** Functions' lines on disk. */
import {
	appendFileSync,
	chmodSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cryptoReady } from "../../../src/crypto.ts";
import type { FunctionLogs, LogLine } from "../../../src/platform/logs/function-logs.ts";
import type { LogFileLimits } from "../../../src/platform/logs/log-file.ts";
import { openLogFiles } from "../../../src/platform/logs/log-files.ts";

const ALL = { limit: 100_000 };

let directory: string;
let errors: unknown[];
const opened: FunctionLogs[] = [];
beforeEach(async () => {
	await cryptoReady;
	directory = mkdtempSync(join(tmpdir(), "coffer-logs-"));
	errors = [];
});
afterEach(async () => {
	// Lines that still wait for the disk must not end up in the next test's files.
	for (const logs of opened.splice(0)) await logs.close();
	rmSync(directory, { recursive: true, force: true });
});

function open(limits: Partial<LogFileLimits> = {}): FunctionLogs {
	const logs = openLogFiles({
		directory,
		onError: (error) => errors.push(error),
		limits: { fileBytes: 64 * 1024, waitingBytes: 1024 * 1024, ...limits },
	});
	opened.push(logs);
	return logs;
}

function line(message: string, level: LogLine["level"] = "info", atMs = 1_800_000_000_000): LogLine {
	return { time: new Date(atMs).toISOString(), level, message };
}

const messages = (lines: readonly LogLine[]) => lines.map(({ message }) => message);

function files(): string[] {
	return readdirSync(directory, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name));
}

describe("log lines", () => {
	test("can be read at once, survive a restart, and belong to one function alone", async () => {
		const logs = open();
		for (const message of ["one", "two"]) logs.append("shop", "api/pay", line(message));
		logs.append("shop", "api-pay", line("other"));
		expect(messages(await logs.read("shop", "api/pay", ALL))).toEqual(["one", "two"]);
		await logs.close();
		const again = open();
		again.append("shop", "api/pay", line("three"));
		expect(messages(await again.read("shop", "api/pay", ALL))).toEqual(["one", "two", "three"]);
		expect(messages(await again.read("shop", "api-pay", ALL))).toEqual(["other"]);
		expect(await again.read("shop", "nothing", ALL)).toEqual([]);
		await again.close();
		for (const path of files()) expect(statSync(path).mode & 0o777).toBe(0o600);
		expect(errors).toEqual([]);
	});

	test("are selected by time, level and number", async () => {
		const logs = open();
		for (let minute = 0; minute < 10; minute++)
			logs.append("shop", "pay", line(`${minute}`, minute % 2 === 0 ? "info" : "error", minute * 60_000));
		const read = async (query: object) => messages(await logs.read("shop", "pay", { ...ALL, ...query }));
		expect(await read({ sinceMs: 7 * 60_000 })).toEqual(["7", "8", "9"]);
		expect(await read({ level: "error" })).toEqual(["1", "3", "5", "7", "9"]);
		expect(await read({ level: "info", sinceMs: 60_000, limit: 2 })).toEqual(["6", "8"]);
		expect(await read({ limit: 0 })).toEqual([]);
	});

	test("have a maximum size on disk: the oldest files are removed", async () => {
		const logs = open({ fileBytes: 10_000 });
		for (let index = 0; index < 2_000; index++) {
			logs.append("shop", "pay", line(`number ${index}`));
			if (index % 10 === 0) await logs.read("shop", "pay", ALL);
		}
		await logs.close();
		const sizes = files().map((path) => statSync(path).size);
		expect(sizes).toHaveLength(2);
		for (const size of sizes) expect(size).toBeLessThanOrEqual(10_000);
		const stored = messages(await logs.read("shop", "pay", ALL));
		expect(stored.length).toBeGreaterThan(100);
		expect(stored).toEqual(Array.from(stored, (_, index) => `number ${2_000 - stored.length + index}`));
	});

	test("that arrive faster than the disk writes them are dropped and counted", async () => {
		const logs = open({ waitingBytes: 10_000, fileBytes: 1024 * 1024 });
		for (const message of ["x".repeat(100), ""]) {
			for (let index = 0; index < 5_000; index++) logs.append("shop", "pay", line(message));
			const lines = await logs.read("shop", "pay", ALL);
			const dropped = lines.find((one) => one.message.includes("were dropped here"));
			expect(dropped?.level).toBe("error");
			expect(lines.length - 1 + Number.parseInt(dropped?.message ?? "", 10)).toBe(5_000);
			await logs.forget("shop", "pay");
		}
		expect(logs.dropped.output).toBeGreaterThan(5_000);
		expect(logs.dropped.requests).toBe(0);
	});

	test("that a crash truncated, or that are malformed, do not affect other lines", async () => {
		const logs = open();
		logs.append("shop", "pay", line("whole"));
		await logs.close();
		const [path = ""] = files();
		appendFileSync(path, '{"time":"2026-01-01T00:00:00.000Z","level":"info","mess');
		const again = open();
		again.append("shop", "pay", line("after"));
		expect(messages(await again.read("shop", "pay", ALL))).toEqual(["whole", "after"]);
		await again.close();
		writeFileSync(path, `\0\0\n[]\n{"time":1}\n${readFileSync(path, "utf8")}`);
		expect(messages(await open().read("shop", "pay", ALL))).toEqual(["whole", "after"]);
	});

	test("of a deleted function are removed from the disk; others stay", async () => {
		const logs = open();
		for (const name of ["pay", "kept"]) logs.append("shop", name, line(name));
		await logs.read("shop", "pay", ALL);
		await logs.forget("shop", "pay");
		expect(await logs.read("shop", "pay", ALL)).toEqual([]);
		await logs.close();
		expect(files()).toHaveLength(1);
		expect(messages(await logs.read("shop", "kept", ALL))).toEqual(["kept"]);
	});
});

describe("a follower", () => {
	test("gets each line once, also if many arrive while it starts", async () => {
		const logs = open({ fileBytes: 4_000 });
		const seen: string[] = [];
		let written = 0;
		const write = (count: number) => {
			for (let index = 0; index < count; index++) logs.append("shop", "pay", line(`${written++}`));
		};
		write(20);
		const following = logs.follow("shop", "pay", ALL, ({ message }) => seen.push(message));
		for (let turn = 0; turn < 20; turn++) {
			write(3);
			await Promise.resolve();
		}
		const { lines, stop } = await following;
		write(5);
		expect([...messages(lines), ...seen]).toEqual(Array.from({ length: written }, (_, index) => `${index}`));
		stop();
		write(1);
		expect(seen.at(-1)).toBe(`${written - 2}`);
	});

	test("gets only lines of its level, and earlier lines only if it asks for them", async () => {
		const logs = open();
		for (const level of ["info", "error", "error"] as const) logs.append("shop", "pay", line(level, level));
		const seen: string[] = [];
		const query = { level: "error", limit: 1 } as const;
		const { lines } = await logs.follow("shop", "pay", query, ({ message }) => seen.push(message));
		expect(messages(lines)).toEqual(["error"]);
		logs.append("shop", "pay", line("no", "info"));
		logs.append("shop", "pay", line("yes", "error"));
		expect(seen).toEqual(["yes"]);
	});
});

test("if the disk refuses writes, only log lines are lost, and the loss is reported", async () => {
	const logs = open();
	logs.append("shop", "pay", line("before"));
	await logs.close();
	const [path = ""] = files();
	rmSync(path);
	// A folder in place of the file, because permissions do not stop root.
	writeFileSync(join(directory, "gone"), "");
	rmSync(join(directory, "shop"), { recursive: true });
	writeFileSync(join(directory, "shop"), "");
	chmodSync(join(directory, "shop"), 0o400);
	for (let index = 0; index < 10; index++) logs.append("shop", "pay", line(`${index}`));
	await logs.close();
	expect(errors).toHaveLength(1);
	rmSync(join(directory, "shop"));
	for (const name of ["pay", "new"]) {
		logs.append("shop", name, line("works"));
		expect(messages(await logs.read("shop", name, ALL))[0]).toBe("works");
	}
});

test("the removal of a log file loses its lines, and no later ones", async () => {
	const logs = open({ fileBytes: 1_000 });
	logs.append("shop", "pay", line("x".repeat(900)));
	await logs.close();
	for (const path of files()) rmSync(path);
	for (const message of ["lost with it", "kept"]) {
		logs.append("shop", "pay", line(message));
		await logs.close();
	}
	expect(messages(await logs.read("shop", "pay", ALL))).toContain("kept");
});
