import { describe, expect, test } from "vitest";
import type { Batch } from "../../../../src/platform/build/batches/batch.ts";
import { BatchQueue, type OnBuilt } from "../../../../src/platform/build/batches/batch-queue.ts";
import type { PreparedBuild } from "../../../../src/platform/build/check/checker.ts";

const UPLOAD = {};
const build = (entry: string, upload: object = UPLOAD): PreparedBuild => ({
	entry,
	source: entry,
	localNames: [],
	sharing: { key: "", fileScopes: new Map(), upload },
	files: new Map(),
});
const entriesOf = ({ builds }: Batch) => builds.map(({ entry }) => entry);

/** A queue whose runs are recorded. */
function record(
	runsMax: number,
	run: (entries: readonly string[], batch: Batch, onBuilt: OnBuilt<string>) => Promise<void>,
) {
	const runs: string[][] = [];
	const queue = new BatchQueue<string>(runsMax, async (batch, onBuilt) => {
		runs.push(entriesOf(batch));
		await run(entriesOf(batch), batch, onBuilt);
	});
	return { queue, runs };
}

const succeed = async (_: unknown, { builds }: Batch, onBuilt: OnBuilt<string>) => {
	for (const one of builds) onBuilt(one, Promise.resolve(`built ${one.entry}`));
};

describe("builds that are requested together", () => {
	test("are divided evenly among the runs", async () => {
		const { queue, runs } = record(2, succeed);
		const names = Array.from({ length: 22 }, (_, index) => `${index}`);
		const results = await Promise.all(names.map((name) => queue.build(build(name))));
		expect(results).toEqual(names.map((name) => `built ${name}`));
		expect(runs.map(({ length }) => length)).toEqual([11, 11]);
	});

	test("are divided into runs of at most 48", async () => {
		const { queue, runs } = record(1, succeed);
		await Promise.all(Array.from({ length: 100 }, (_, index) => queue.build(build(`${index}`))));
		expect(runs.map(({ length }) => length)).toEqual([48, 48, 4]);
	});

	test("are built once if the same build is requested twice", async () => {
		const { queue, runs } = record(2, succeed);
		const one = build("a");
		expect(await Promise.all([queue.build(one), queue.build(one)])).toEqual(["built a", "built a"]);
		expect(runs).toEqual([["a"]]);
	});

	test("of two uploads are never in one run", async () => {
		const { queue, runs } = record(1, succeed);
		await Promise.all([build("a"), build("x", {}), build("b")].map((one) => queue.build(one)));
		expect(runs.map((run) => [...run].sort())).toEqual([["a", "b"], ["x"]]);
	});
});

describe("if a run fails", () => {
	test("each of its builds is run alone, and only the faulty one fails", async () => {
		const { queue, runs } = record(1, async (entries, batch, onBuilt) => {
			if (entries.includes("b")) throw new Error(`failed: ${entries}`);
			await succeed(entries, batch, onBuilt);
		});
		const results = await Promise.allSettled(["a", "b", "c"].map((name) => queue.build(build(name))));
		expect(results).toEqual([
			{ status: "fulfilled", value: "built a" },
			{ status: "rejected", reason: new Error("failed: b") },
			{ status: "fulfilled", value: "built c" },
		]);
		expect(runs).toEqual([["a", "b", "c"], ["a"], ["b"], ["c"]]);
	});

	test("a build that already has its result keeps it", async () => {
		const { queue, runs } = record(1, async (entries, { builds: [first] }, onBuilt) => {
			if (first !== undefined) onBuilt(first, Promise.resolve(`${entries}`));
			if (entries.length > 1) throw new Error("failed");
		});
		const results = await Promise.all(["a", "b"].map((name) => queue.build(build(name))));
		expect(results).toEqual(["a,b", "b"]);
		expect(runs).toEqual([["a", "b"], ["b"]]);
	});

	test("the error of one bundle affects that function alone", async () => {
		const { queue, runs } = record(1, async (_, { builds }, onBuilt) => {
			for (const one of builds)
				onBuilt(one, one.entry === "a" ? Promise.reject(new Error("bundle")) : Promise.resolve("fine"));
		});
		const results = await Promise.allSettled(["a", "b"].map((name) => queue.build(build(name))));
		expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
		expect(runs).toHaveLength(1);
	});
});
