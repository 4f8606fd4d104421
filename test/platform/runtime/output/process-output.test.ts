/**
 * The output of a process, through real pipes: how much is processed in a turn, and what happens to the rest.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { setImmediate as nextLoop } from "node:timers/promises";
import { afterEach, describe, expect, test, vi } from "vitest";
import { FaultBoundary } from "../../../../src/platform/faults/error-boundary.ts";
import { withoutReadAhead } from "../../../../src/platform/runtime/output/paced-reader.ts";
import { lastLines, ProcessOutput } from "../../../../src/platform/runtime/output/process-output.ts";
import { ReadScheduler } from "../../../../src/platform/runtime/output/read-scheduler.ts";
import { createRedactor } from "../../../../src/redact.ts";

const PER_TURN = { lines: 200, bytes: 128 * 1024 };

let child: ChildProcessByStdio<null, Readable, Readable> | undefined;
afterEach(() => child?.kill("SIGKILL"));

/** Output of a real process. The test controls the time: each task is one turn. */
class Output {
	nowMs = 0;
	readonly lines: string[] = [];
	/** How often the platform read something from a pipe. */
	reads = 0;
	#tasks: (() => void)[] = [];
	/** Notes about dropped lines. */
	readonly notes: (() => void)[] = [];
	readonly child: ChildProcessByStdio<null, Readable, Readable>;
	readonly output: ProcessOutput;

	constructor(command: string, secrets: Record<string, string> = {}, perRound = PER_TURN) {
		this.child = withoutReadAhead(() =>
			spawn("/bin/sh", ["-c", command], { stdio: ["ignore", "pipe", "pipe"] }),
		);
		child = this.child;
		const push = this.child.stdout.push.bind(this.child.stdout);
		this.child.stdout.push = (chunk: unknown) => {
			this.reads++;
			return push(chunk);
		};
		this.output = new ProcessOutput(this.child.stdout, this.child.stderr, {
			faults: new FaultBoundary("function"),
			scheduler: new ReadScheduler({
				intervalMs: 20,
				perRound,
				perSlice: { lines: 50, bytes: 16 * 1024 },
				now: () => this.nowMs,
				schedule: (task) => this.#tasks.push(task),
			}),
			redactor: createRedactor(new Map(Object.entries(secrets))),
			onLine: (_level, line) => this.lines.push(line),
			now: () => this.nowMs,
			schedule: (task) => this.notes.push(task),
		});
	}

	/** Resolves when more output waits for a turn than the turns until now could process. */
	async held(): Promise<void> {
		await vi.waitFor(() => expect(this.#tasks).not.toEqual([]), { timeout: 60_000 });
	}

	/** Runs the next turn. @returns its number of lines */
	async turn(): Promise<number> {
		await this.held();
		const before = this.lines.length;
		this.nowMs += 20;
		this.#tasks.shift()?.();
		return this.lines.length - before;
	}

	/** Runs turns until the process has ended, and then reads the rest of its output. */
	async end(): Promise<void> {
		const exited = once(this.child, "exit");
		let isOver = this.child.exitCode !== null || this.child.signalCode !== null;
		while (!isOver) {
			this.nowMs += 20;
			this.#tasks.shift()?.();
			isOver = await Promise.race([exited.then(() => true), nextLoop(false)]);
		}
		await this.output.end();
	}
}

describe("a flood of output", () => {
	test("of line feeds keeps a limited number of lines a second, reports how many are left out, and slows its writer", async () => {
		const flood = new Output("exec yes '' 2>&1");
		for (let turn = 0; turn < 100; turn++) expect(await flood.turn()).toBeLessThanOrEqual(PER_TURN.lines);
		// The burst, and then the share of each turn: 2,000 lines, and then 20 lines in 20 ms.
		expect(flood.lines.length).toBeLessThanOrEqual(2_000 + 101 * 20 + 1);
		expect(flood.lines.length).toBeGreaterThan(2_000);
		expect(flood.notes).toHaveLength(1);
		flood.notes.shift()?.();
		const note = flood.lines.at(-1) ?? "";
		const [, lines = "", bytes = ""] =
			/^([\d,]+) lines \(([\d,]+) bytes\) were dropped here: .* 1,000 lines per second and process\.$/.exec(
				note,
			) ?? [];
		expect(lines).toBe(bytes);
		expect(Number(lines.replaceAll(",", ""))).toBeGreaterThan(100_000);
		// It blocks in a write, so the system reports it as sleeping.
		await vi.waitFor(async () =>
			expect(await readFile(`/proc/${flood.child.pid}/stat`, "latin1")).toMatch(/\) S /),
		);
	});

	test("is reported in the log once a minute, with the time for which its writer was slowed down", async () => {
		const flood = new Output("exec cat /dev/zero");
		const slowNotes = () => flood.lines.filter((line) => line.includes("slowed down"));
		for (let turn = 0; turn < 200; turn++) await flood.turn();
		expect(slowNotes()).toEqual([
			expect.stringMatching(/more than 512 KiB per second has to wait\. It has waited 1 s in all/),
		]);
		flood.nowMs += 60_000;
		for (let turn = 0; turn < 300; turn++) await flood.turn();
		expect(slowNotes()).toHaveLength(2);
	});

	test("of many short lines slows its writer no more than one of few long lines", async () => {
		// The number of lines that fit into a pipe, because waiting for each line would take 20,000 turns. On
		// a busy machine, some turns pass before the writer runs.
		const flood = new Output("head -c 400000 /dev/zero | tr '\\0' '\\n'; echo done");
		const exited = once(flood.child, "exit").then(() => true);
		let turns = 0;
		for (let isOver = false; !isOver; turns++)
			isOver = await Promise.race([exited, flood.turn().then(() => false)]);
		expect(turns).toBeLessThanOrEqual(5_000);
		await flood.end();
		expect(flood.lines.at(-1) === "done" || flood.lines.at(-2) === "done").toBe(true);
	});

	test("of lines loses whole lines only", async () => {
		const flood = new Output(`exec yes "$(printf 'x%.0s' $(seq 1 99))"`);
		for (let turn = 0; turn < 300; turn++) await flood.turn();
		flood.notes.shift()?.();
		const isWhole = (line: string) => line === "x".repeat(99) || /dropped|slowed/.test(line);
		expect(flood.lines.filter((line) => !isWhole(line))).toEqual([]);
		expect(flood.lines.some((line) => line.includes("dropped"))).toBe(true);
	});

	test.each([
		["long lines", "exec yes \"$(head -c 20000 /dev/zero | tr '\\0' x)\""],
		["no line at all", "exec cat /dev/zero"],
		["carriage returns", "exec yes \"$(printf '\\r')\" | tr -d '\\n'"],
	])("of %s keeps a limited number of bytes a second", async (_what, command) => {
		const flood = new Output(command);
		let bytes = 0;
		flood.child.stdout.on("data", (chunk: Buffer) => {
			bytes += chunk.length;
		});
		for (let turn = 0; turn < 40; turn++) await flood.turn();
		// One part that was read may wait, and one more that arrived with it.
		expect(bytes).toBeLessThanOrEqual(1024 * 1024 + 40 * 0.02 * 512 * 1024 + 4 * 65_536);
		expect(flood.lines.length).toBeLessThanOrEqual(100);
	});

	test("of single bytes is read as rarely as a flood of lines", async () => {
		const bytes = new Output(
			`exec ${process.execPath} -e 'const fs = require("fs"); for (;;) fs.writeSync(1, "x")'`,
		);
		for (let turn = 0; turn < 30; turn++) await bytes.turn();
		// A read costs as much as a line. Without a limit there are tens of thousands of reads a second.
		expect(bytes.reads).toBeLessThanOrEqual(100 + 30 * 2 + 3);
	});
});

describe("at the end of a process", () => {
	test("output within the limit is kept completely", async () => {
		const output = new Output("seq 1 400; echo oops >&2; exit 3");
		await output.end();
		expect(output.lines.filter((line) => line !== "oops")).toEqual(
			Array.from({ length: 400 }, (_, index) => String(index + 1)),
		);
		expect(output.output.tail).toBe("oops");
	});

	test("the last lines of a flood are kept, and the amount that is left out is reported", async () => {
		const command = "seq -f 'line %.0f of a flood' 1 2000 >&2; echo 'Error: out of beans' >&2; exit 1";
		const output = new Output(command, {}, { lines: 10, bytes: 1_000 });
		await once(output.child, "exit");
		await output.output.end();
		const note = output.lines.findIndex((line) => /^[\d,]+ bytes were dropped here/.test(line));
		// On a busy machine the process may have ended before anything is read. Then the note comes first.
		expect(note).toBeGreaterThanOrEqual(0);
		expect(output.lines.at(-1)).toBe("Error: out of beans");
		expect(output.lines.length - note - 1).toBe(500);
		expect(output.lines.slice(note + 1, -1)).toEqual(
			Array.from({ length: 499 }, (_, index) => `line ${1_502 + index} of a flood`),
		);
		expect(output.output.tail).toContain("out of beans");
	});

	test("another process that holds its pipes delays its end only for a moment", async () => {
		const output = new Output("sleep 30 & echo $! ; exit 0");
		await output.end();
		const [pid] = output.lines;
		process.kill(Number(pid), "SIGKILL");
		expect(output.lines).toHaveLength(1);
	});

	test("no part of a value remains if its beginning was left out", async () => {
		const value = "canary-value-of-some-length";
		const flood = `value: ${value}${"\\n".repeat(600)}last`;
		// The first turn ends in the middle of the value, and no other turn follows.
		const output = new Output(`printf '${flood}'`, { SECRET: value }, { lines: 10, bytes: 20 });
		if (output.child.exitCode === null) await once(output.child, "exit");
		await output.output.end();
		expect(output.lines[0]).toMatch(/bytes were dropped here/);
		expect(output.lines.at(-1)).toBe("last");
		expect(output.lines.join("\n")).not.toMatch(/canary|some-length/);
	});
});

describe("the last lines of some bytes", () => {
	test.each([
		["a\nb\nc\n", 2, 100, "b\nc\n"],
		["a\nb\nc", 2, 100, "b\nc"],
		["a\nb\n", 5, 100, "a\nb\n"],
		["\n\n\n", 2, 100, "\n\n"],
		["\n\n", 2, 100, "\n\n"],
		["\na", 1, 100, "a"],
		["", 1, 100, ""],
		["long line\nb\n", 5, 4, "b\n"],
		["long line", 5, 4, ""],
	])("%j, %i lines, %i bytes", (text, lines, bytes, expected) => {
		expect(lastLines(Buffer.from(text), { lines, bytes }).toString()).toBe(expected);
	});
});
