/** Uploads are checked in separate processes, each file once, and within the limits of an upload. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { AppError } from "../../../src/errors.ts";
import { Checker, type CheckerOptions } from "../../../src/platform/build/check/checker.ts";
import type { Order } from "../../../src/platform/build/check/messages.ts";
import { ProcessPool, type ProcessPoolOptions } from "../../../src/platform/build/check/process-pool.ts";
import { builtPath } from "../../../src/platform/machine/assets.ts";
import type { OutputRequest } from "../../../src/platform/threads/build-output.ts";
import { filesOf, makeBuildFolders } from "./builder.ts";

const MIB = 1024 * 1024;
const MAXIMA = { memoryMB: 1024, timeoutSeconds: 150, maxBodyMB: 100 };
const RULES = { hosts: [], builtins: new Map(), stdHttp: "", conditions: [] };
const place = makeBuildFolders();
const opened: ProcessPool[] = [];
afterEach(() => {
	for (const pool of opened.splice(0)) pool.close();
});

function openPool(options: Partial<ProcessPoolOptions> = {}): ProcessPool {
	const pool = new ProcessPool({ program: builtPath("check.cjs"), rules: RULES, ...options });
	opened.push(pool);
	return pool;
}

function open({
	checksMax = 1,
	timeoutMs = 240_000,
	...options
}: Partial<CheckerOptions & ProcessPoolOptions> = {}): Checker {
	return new Checker({ processes: openPool(options), checksMax, timeoutMs });
}

/** Checks functions, each named by its entry. @returns the fault of each, if it has one */
async function check(checker: Checker, files: Record<string, string>, entries: readonly string[]) {
	const functions = entries.map((entry) => ({ name: entry, entry }));
	const checked = await checker.check({ files: filesOf(files), functions }, MAXIMA);
	const faults = entries.map((entry) => {
		const found = checked.functions.get(entry);
		return found instanceof AppError ? found : undefined;
	});
	return { faults, parses: checked.parses, functions: checked.functions };
}

/** A module of the given size, like a generated API client. */
function large(bytes: number): string {
	const part = "export function call(id: string, size = 1) { return [id, size].join('/'); }\n";
	return Array.from({ length: Math.ceil(bytes / part.length) }, (_, index) =>
		part.replace("call", `call${index}`),
	).join("");
}

const TWELVE = Array.from({ length: 12 }, (_, index) => `functions/f${index}/index.ts`);
const SHARING: Record<string, string> = Object.fromEntries(
	TWELVE.map((entry, index) => [
		entry,
		`import { call${index} } from "../../shared/large.ts";\ncall${index}("x");`,
	]),
);

describe("each file is parsed once", () => {
	test("for any number of functions, and not again for the next upload", async () => {
		const checker = open();
		const files: Record<string, string> = { ...SHARING, "shared/large.ts": large(100_000) };
		const first = await check(checker, files, TWELVE);
		expect(first.faults.every((fault) => fault === undefined)).toBe(true);
		expect(first.parses).toBe(13);
		expect((await check(checker, files, TWELVE)).parses).toBe(0);
		const entry = TWELVE[0] ?? "";
		const changed = { ...files, [entry]: `${files[entry]}\n` };
		expect((await check(checker, changed, TWELVE)).parses).toBe(1);
	});

	test("also if checks at the same time ended long before the last one", async () => {
		vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
		onTestFinished(() => void vi.useRealTimers());
		const checker = open({ checksMax: 2, idleMs: 1000 });
		const [one = "", two = ""] = TWELVE;
		const files = { ...SHARING, "shared/large.ts": large(1000) };
		await Promise.all([one, two].map((entry) => check(checker, files, [entry])));
		vi.advanceTimersByTime(600);
		await check(checker, files, [one, two]);
		vi.advanceTimersByTime(600);
		expect((await check(checker, files, [one, two])).parses).toBe(0);
	});

	test("by the process that has checked the upload before, which no bundle keeps busy", async () => {
		const program = join(place.root, "pid.cjs");
		const answer = 'process.send({ type: "done", parses: process.pid });';
		writeFileSync(program, `process.on("message", ({ type }) => { if (type !== "rules") ${answer} });`);
		const pool = openPool({ program });
		const processOf = async (order: Order) => {
			const end = await pool.run([order], () => {}, 240_000);
			return "parses" in end ? end.parses : end;
		};
		const upload = () => processOf({ type: "check", functions: [], maxima: MAXIMA, refused: new Map() });
		// Both processes have checked an upload.
		expect(new Set(await Promise.all([upload(), upload()])).size).toBe(2);
		const latest = await upload();
		const bundle: Order = { type: "bundle", request: {} as OutputRequest, analyzer: undefined };
		expect(await processOf(bundle)).not.toBe(latest);
		expect(await upload()).toBe(latest);
		await Promise.all([processOf(bundle), processOf(bundle)]);
		expect(await upload()).toBe(latest);
	});

	test("the result does not depend on files that were parsed before", async () => {
		const files = { ...SHARING, "shared/large.ts": `${large(1000)}//# sourceMappingURL=x\n` };
		const [cold, warm] = [open(), open()];
		await check(warm, { ...files, "shared/large.ts": large(1000) }, TWELVE);
		const found = await Promise.all(
			[cold, warm].map(async (one) => (await check(one, files, TWELVE)).functions),
		);
		expect(found[0]).toEqual(found[1]);
	});

	test("the same content in another language is another module", async () => {
		const text = "export const f = <T,>(x: T) => x;";
		const files = { "a.ts": 'import "./x.ts"; import "./y.js";', "x.ts": text, "y.js": text };
		const { faults } = await check(open(), files, ["a.ts"]);
		expect(faults[0]?.message).toMatch(/^y\.js:1 does not parse/);
	});
});

const NESTED = `${"[".repeat(100_000)}${"]".repeat(100_000)};`;

describe("a file that crashes the parsing process", () => {
	test("is named, and only the functions that import it fail", async () => {
		const files = {
			"a.ts": 'import "./ok.ts";',
			"b.ts": 'import "./deep.ts";',
			"c.ts": 'import "./other-deep.ts";',
			"d.ts": "",
			"ok.ts": "",
			"deep.ts": NESTED,
			"other-deep.ts": `${NESTED}\n`,
		};
		const { faults } = await check(open(), files, ["a.ts", "b.ts", "c.ts", "d.ts"]);
		expect(faults.map((fault) => fault?.message)).toEqual([
			undefined,
			"deep.ts cannot be parsed: it is nested too deeply.",
			"other-deep.ts cannot be parsed: it is nested too deeply.",
			undefined,
		]);
	});

	test("fails its upload after a few crashes, and not the next upload", async () => {
		const names = Array.from({ length: 8 }, (_, index) => `f${index}.ts`);
		const files = Object.fromEntries(names.map((name) => [name, NESTED + "\n".repeat(names.indexOf(name))]));
		const checker = open();
		const { faults } = await check(checker, files, names);
		expect(new Set(faults.map((fault) => fault?.code))).toEqual(new Set(["SOURCE_SYNTAX"]));
		expect((await check(checker, { "a.ts": "" }, ["a.ts"])).faults).toEqual([undefined]);
	});

	test("without a message is an error of the platform", async () => {
		const program = join(place.root, "silent.cjs");
		writeFileSync(program, 'process.on("message", () => { throw new Error(); });');
		const { faults } = await check(open({ program }), { "a.ts": "" }, ["a.ts"]);
		expect(faults[0]).toMatchObject({ code: "CHECK_FAILED", exit: 1 });
	});
});

describe("large sources without nesting", () => {
	test("a flat array of 9 MiB is accepted", async () => {
		// An eighth of the array, in an eighth of the heap that the platform gives to a process.
		const flat = `export default [${"0,".repeat((9 * MIB) / 2 / 8)}];`;
		expect((await check(open({ heapMiB: 2048 / 8 }), { "a.ts": flat }, ["a.ts"])).faults).toEqual([
			undefined,
		]);
	});

	test.each([
		["as text", 9, {}],
		["in the process's heap", 1, { heapMiB: 64 }],
	])(
		"a file whose tree does not fit is refused as too large, with its size: %s",
		async (_, size, options) => {
			const calls = `export default [${"f(),".repeat((size * MIB) / 4)}];`;
			const files = { "a.ts": 'import "./data.ts";', "data.ts": calls };
			const { faults } = await check(open(options), files, ["a.ts"]);
			expect(faults[0]).toMatchObject({ code: "SOURCE_TOO_LARGE", exit: 2 });
			expect(faults[0]?.message).toContain(
				`data.ts cannot be checked: the syntax tree of its ${size}.0 MiB of code does not fit`,
			);
			expect(faults[0]?.hint).toContain("JSON");
		},
	);
});

describe("the time limit of an upload", () => {
	test("ends the process, and the error names the file, the budget and what to do", async () => {
		const program = join(place.root, "slow.cjs");
		const loop =
			'require("node:fs").writeSync(1, "done.ts\\n\\nslow.ts\\n"); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);';
		writeFileSync(program, `process.on("message", ({ type }) => { if (type === "check") { ${loop} } });`);
		const { faults } = await check(open({ program, timeoutMs: 5_000 }), { "slow.ts": "1;" }, ["slow.ts"]);
		expect(faults[0]).toMatchObject({ code: "UPLOAD_TOO_SLOW", exit: 2 });
		expect(faults[0]?.message).toBe(
			"The sources take longer to check than the 5 s that an upload has; slow.ts (0.0 MiB) was being parsed when the time was over.",
		);
		expect(faults[0]?.hint).toContain("deploy fewer functions at once");
	});
});

test("this thread stays responsive while another process parses", async () => {
	const checker = open({ checksMax: 2 });
	await check(checker, { "a.ts": "" }, ["a.ts"]);
	// Turns of the event loop, and not of a timer: on a busy machine this thread gets few milliseconds, but many turns.
	let turns = 0;
	let isRunning = true;
	const turn = () => {
		turns++;
		if (isRunning) setImmediate(turn);
	};
	turn();
	await check(checker, { "a.ts": large(MIB / 2) }, ["a.ts"]).finally(() => {
		isRunning = false;
	});
	// If this thread parsed, it would have hardly any.
	expect(turns).toBeGreaterThan(200);
});
