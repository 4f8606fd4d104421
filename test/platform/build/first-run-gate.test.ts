import { spawnSync } from "node:child_process";
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

/** A task that runs until it is told to end. */
class Task {
	/** Resolves once it runs. */
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
		new Promise<string>((resolve, reject) => {
			this.isRunning = true;
			this.end = () => resolve("built");
			this.fail = () => reject(new Error("It does not build."));
			this.#start();
		});
}

test("tasks run one after the other until one has succeeded, and then concurrently", async () => {
	const gate = new FirstRunGate(cache, "deno 2");
	const [first, second, third, fourth] = [new Task(), new Task(), new Task(), new Task()];
	const failing = gate.run(first.run);
	const succeeding = gate.run(second.run);
	await first.started;
	expect(second.isRunning).toBe(false);

	first.fail();
	await expect(failing).rejects.toThrow("It does not build.");
	await second.started;
	second.end();
	await expect(succeeding).resolves.toBe("built");

	void gate.run(third.run);
	void gate.run(fourth.run);
	await Promise.all([third.started, fourth.started]);
});

test("processes that share the cache run one after the other too", async () => {
	const [ours, theirs] = [new FirstRunGate(cache, "deno 2"), new FirstRunGate(cache, "deno 2")];
	const [first, second] = [new Task(), new Task()];
	const finished = ours.run(first.run);
	const waiting = theirs.run(second.run);
	await first.started;
	expect(second.isRunning).toBe(false);
	first.end();
	await finished;
	await second.started;
	second.end();
	await waiting;
	expect(await readdir(cache)).toEqual([".bundler-deno-2.there"]);

	const [third, fourth] = [new Task(), new Task()];
	const later = new FirstRunGate(cache, "deno 2");
	void later.run(third.run);
	void later.run(fourth.run);
	await Promise.all([third.started, fourth.started]);
});

test("another version of Deno has another bundler", async () => {
	await new FirstRunGate(cache, "deno 2").run(async () => "built");
	const gate = new FirstRunGate(cache, "deno 3");
	const [first, second] = [new Task(), new Task()];
	void gate.run(first.run);
	void gate.run(second.run);
	await first.started;
	expect(second.isRunning).toBe(false);
});

test("a process that was killed does not block others", async () => {
	const { pid } = spawnSync(process.execPath, ["--version"]);
	await writeFile(join(cache, ".bundler-deno-2.lock"), String(pid));
	await expect(new FirstRunGate(cache, "deno 2").run(async () => "built")).resolves.toBe("built");
});
