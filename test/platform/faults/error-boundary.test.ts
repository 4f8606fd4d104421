/** The effects of an exception in a callback. */
import { describe, expect, test } from "vitest";
import { FaultBoundary, Faults } from "../../../src/platform/faults/error-boundary.ts";
import type { Log } from "../../../src/platform/faults/log.ts";

const SECRET = "sk-live-1";
const failure = () => new Error(SECRET);

/** A log that stores its lines. */
function keptLog(): { lines: unknown[]; log: Log } {
	const lines: unknown[] = [];
	const keep = (...line: unknown[]) => lines.push(line);
	return { lines, log: { info: keep, warn: keep, error: keep } as unknown as Log };
}

const WORKS: Readonly<Record<string, () => unknown>> = {
	"throws at once": () => {
		throw failure();
	},
	"is rejected": () => Promise.reject(failure()),
	"is rejected later": async () => {
		await Promise.resolve();
		throw failure();
	},
	"throws undefined": () => {
		throw undefined;
	},
};

describe.each(Object.entries(WORKS))("work that %s", (_, work) => {
	test("is ended, counted and logged", async () => {
		const { lines, log } = keptLog();
		const boundary = new FaultBoundary("gateway", log);
		await new Promise<void>((resolve) => boundary.run(work, () => resolve()));
		expect([boundary.count, lines.length]).toEqual([1, 1]);
		expect(JSON.stringify(lines)).toContain('"listener":"gateway"');
		expect(JSON.stringify(lines)).not.toContain(SECRET);
	});

	test("is contained if its error handler fails too, synchronously or later", async () => {
		for (const giveUp of [WORKS["throws at once"], WORKS["is rejected later"]]) {
			const boundary = new FaultBoundary("control");
			boundary.callback(work, giveUp)();
			await new Promise((resolve) => setImmediate(resolve));
			expect(boundary.count).toBe(2);
		}
	});
});

test("the error handler is not called for work that succeeds", async () => {
	const boundary = new FaultBoundary("gateway");
	boundary.run(
		() => 1,
		() => boundary.note(failure()),
	);
	boundary.run(
		async () => 1,
		() => boundary.note(failure()),
	);
	await new Promise((resolve) => setImmediate(resolve));
	expect(boundary.count).toBe(0);
});

test("all exceptions are counted, and some are logged", () => {
	const { lines, log } = keptLog();
	const boundary = new FaultBoundary("function", log);
	for (let count = 0; count < 1_000; count++) boundary.note(failure());
	expect([boundary.count, lines.length]).toEqual([1_000, 20]);
});

test("a failing log affects nothing else", () => {
	const log = { error: WORKS["throws at once"] } as unknown as Log;
	const boundary = new FaultBoundary("function", log);
	expect(() => boundary.note(failure())).not.toThrow();
	expect(boundary.count).toBe(1);
});

test("an exception outside of every boundary is recorded, until the guard ends", () => {
	const before = process.listeners("uncaughtException");
	const { log } = keptLog();
	const faults = new Faults(log);
	const end = faults.guardProcess();
	const [guard] = process.listeners("uncaughtException").filter((listener) => !before.includes(listener));
	guard?.(failure(), "uncaughtException");
	expect(faults.counts()).toEqual({ gateway: 0, control: 0, function: 0, process: 1 });
	end();
	expect(process.listeners("uncaughtException")).toEqual(before);
});
