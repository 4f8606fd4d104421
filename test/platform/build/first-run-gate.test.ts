import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FirstRunGate } from "../../../src/platform/build/first-run-gate.ts";

let cache: string;

beforeEach(async () => {
	cache = await mkdtemp(join(tmpdir(), "coffer-first-"));
});

afterEach(() => rm(cache, { recursive: true, force: true }));

const done = () => join(cache, "done");
const openGate = () => new FirstRunGate(join(cache, "lock"), () => existsSync(done()));

/** An installation that runs until the test ends it. */
class Installation {
	/** Resolves when it runs. */
	readonly started: Promise<void>;
	isRunning = false;
	end = () => {};
	fail = () => {};
	#start = () => {};

	constructor() {
		this.started = new Promise((resolve) => {
			this.#start = resolve;
		});
	}

	readonly run = () =>
		new Promise<void>((resolve, reject) => {
			this.isRunning = true;
			this.end = () => {
				writeFileSync(done(), "");
				resolve();
			};
			this.fail = () => reject(new Error("It does not install."));
			this.#start();
		});
}

test("first runs of the bundler follow each other until one has filled the cache, and later runs do not wait", async () => {
	const gate = openGate();
	const [first, second, third] = [new Installation(), new Installation(), new Installation()];
	const failing = gate.pass(first.run);
	const succeeding = gate.pass(second.run);
	const waiting = gate.pass(third.run);
	await first.started;
	expect(second.isRunning).toBe(false);

	first.fail();
	await expect(failing).rejects.toThrow("It does not install.");
	await second.started;
	second.end();
	await Promise.all([succeeding, waiting]);
	expect(third.isRunning).toBe(false);
});

test("one of the processes that share the cache fills it, and the others wait", async () => {
	const [first, second] = [new Installation(), new Installation()];
	const installing = openGate().pass(first.run);
	const waiting = openGate().pass(second.run);
	await first.started;
	first.end();
	await Promise.all([installing, waiting]);
	expect(second.isRunning).toBe(false);
	expect(await readdir(cache)).toEqual(["done"]);
});

test("files that were removed from the cache are downloaded again", async () => {
	const gate = openGate();
	await gate.pass(async () => writeFileSync(done(), ""));
	await rm(done());
	const again = new Installation();
	const installing = gate.pass(again.run);
	await again.started;
	again.end();
	await installing;
});

test("a process that was killed does not block others", async () => {
	const { pid } = spawnSync(process.execPath, ["--version"]);
	await writeFile(join(cache, "lock"), String(pid));
	await openGate().pass(async () => writeFileSync(done(), ""));
	expect(await readdir(cache)).toEqual(["done"]);
});
