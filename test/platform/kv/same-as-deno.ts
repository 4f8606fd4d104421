/**
 * A program that uses `Deno.Kv`. A test compares its results under `deno run --unstable-kv` and in a
 * function. Each line is an expression; its result is its value or its error. Versionstamps differ between
 * stores, so they are numbered in the order in which they appear.
 */
export const EXPRESSIONS: readonly string[] = [
	`kv.get(["none"])`,
	`kv.set(["a"], 1)`,
	`kv.get(["a"])`,
	`kv.get(["a"], { consistency: "eventual" })`,
	`kv.set([], 1)`,
	`kv.set(["undefined"], undefined)`,
	`kv.get(["undefined"])`,
	...[
		`null`,
		`"ü€😀"`,
		`"\\ud800"`,
		`-0`,
		`NaN`,
		`12345678901234567890n`,
		`new Date(0)`,
		`new Map([[1, { a: [2] }]])`,
		`new Set([1])`,
		`/a/gi`,
		`{ a: { b: new Uint8Array([1, 2]) } }`,
		`new Float32Array([1.5])`,
		`new ArrayBuffer(3)`,
		`new DataView(new ArrayBuffer(2))`,
		`[1, , 3]`,
		`new Uint8Array([1, 2, 3, 4]).subarray(1, 3)`,
		`Object.assign(Object.create(null), { x: 1 })`,
		`(() => { const me = { a: 1 }; me.me = me; return me; })()`,
		`new Deno.KvU64(3n)`,
		`{ n: new Deno.KvU64(3n) }`,
		`new Blob(["a"], { type: "text/plain" })`,
		`new URL("http://a")`,
		`Object(1n)`,
		`() => 1`,
		`Symbol("a")`,
		`Promise.resolve(1)`,
		`new WeakMap()`,
		`new SharedArrayBuffer(2)`,
		`new Proxy({}, {})`,
		`new MessageChannel().port1`,
		`"x".repeat(70_000)`,
		`new Uint8Array(65_536)`,
		`new Uint8Array(65_537)`,
	].flatMap((value) => [`kv.set(["value"], ${value})`, `kv.get(["value"])`]),
	// Keys.
	`kv.set([new Uint8Array([0, 1, 255]), "a\\0b", -1.5, 10n, true, false], "all")`,
	`kv.get([new Uint8Array([0, 1, 255]), "a\\0b", -1.5, 10n, true, false])`,
	`kv.get([Buffer.from([0, 1, 255]), "a\\0b", -1.5, 10n, true, false])`,
	`kv.get([new Uint16Array([1])])`,
	`kv.get([undefined])`,
	`kv.get([null])`,
	`kv.get([{}])`,
	`kv.get("a")`,
	`kv.get()`,
	`kv.set(["k".repeat(2_045)], 1)`,
	`kv.set(["k".repeat(2_047)], 1)`,
	`kv.get(["k".repeat(2_050)])`,
	`kv.delete(["k".repeat(2_045)])`,
	`kv.set(["o", 2n ** 2041n], 1)`,
	`kv.get(["o", 2n ** 2041n])`,
	`kv.atomic().check({ key: ["o", 2n ** 2041n], versionstamp: null }).commit()`,
	`kv.set("a", 1)`,
	`kv.get(1)`,
	`kv.set(["o", -(2n ** 64n)], 1)`,
	`Promise.all([new Uint8Array(), new Uint8Array([0]), new Uint8Array([255]), "", "a", "a\\0", "aa", "ü", -Infinity, -1.5, -0, 0, 1e-300, 1, NaN, Infinity, -(2n ** 70n), -(2n ** 64n), -256n, -255n, -1n, 0n, 1n, 255n, 256n, 2n ** 64n - 1n, 2n ** 64n, 2n ** 70n, false, true].map((part, index) => kv.set(["order", part], index))).then(() => "set")`,
	`all({ prefix: ["order"] })`,
	`all({ prefix: ["order"] }, { reverse: true, limit: 3 })`,
	`all({ prefix: ["order"], start: ["order", "a"] }, { limit: 3 })`,
	`all({ prefix: ["order"], end: ["order", "a"] })`,
	`all({ start: ["order", 0], end: ["order", 2n] })`,
	`all({ start: ["order", 2n], end: ["order", 0] })`,
	`all({ prefix: ["order"], start: ["other"] })`,
	`all({ prefix: ["order"], start: ["order"] })`,
	`all({ prefix: ["order"], end: ["other"] })`,
	`all({ prefix: ["order"], start: ["order", 1], end: ["order", 2] })`,
	`all({})`,
	`all({ start: ["a"] })`,
	`all({ prefix: [] }, { limit: 2 })`,
	`all({ prefix: ["order"] }, { limit: 0 })`,
	`all({ prefix: ["order"] }, { limit: 1.5 })`,
	`all({ prefix: ["order"] }, { batchSize: 0 })`,
	`all({ prefix: ["order"] }, { batchSize: 2, limit: 5 })`,
	`all({ prefix: ["order"] }, { batchSize: 1001 })`,
	`all({ prefix: ["order"] }, { batchSize: 1000 }).then(({ length }) => length)`,
	`pages({ prefix: ["order"] }, { limit: 7 })`,
	`pages({ prefix: ["order"] }, { limit: 7, reverse: true })`,
	`pages({ start: ["order", "a"], end: ["order", 1n] }, { limit: 4 })`,
	`all({ prefix: ["order"] }, { cursor: "???" })`,
	`all({ prefix: ["order"] }, { cursor: "_w==" })`,
	`all({ start: ["order", "a"], end: ["order", 1n] }, { cursor: "AA==" })`,
	`kv.list({ prefix: ["a"] }).cursor`,
	`all({ prefix: "a" })`,
	`kv.getMany([["a"], ["none"], ["order", 1n]])`,
	`kv.getMany([])`,
	`kv.getMany(Array.from({ length: 11 }, () => ["a"]))`,
	// Atomic operations.
	`kv.atomic().commit()`,
	`kv.atomic().check({ key: ["none"], versionstamp: null }).set(["b"], 1).commit()`,
	`kv.atomic().check({ key: ["b"], versionstamp: null }).set(["b"], 2).commit()`,
	`kv.get(["b"])`,
	`kv.get(["b"]).then((entry) => kv.atomic().check(entry).set(["b"], 3).delete(["a"]).commit())`,
	`kv.getMany([["a"], ["b"]])`,
	`kv.atomic().check({ key: ["b"], versionstamp: "x" }).commit()`,
	`kv.atomic().check({ key: ["b"], versionstamp: "zz".repeat(10) }).commit()`,
	`kv.atomic().sum(["n"], 5n).sum(["n"], 6n).commit()`,
	`kv.get(["n"])`,
	`kv.atomic().sum(["n"], 2n ** 64n - 1n).commit().then(() => kv.get(["n"]))`,
	`kv.atomic().min(["n"], 3n).max(["m"], 4n).max(["m"], 9n).min(["n"], 7n).commit().then(() => kv.getMany([["n"], ["m"]]))`,
	`kv.atomic().sum(["b"], 1n).set(["c"], 1).commit()`,
	`kv.get(["c"])`,
	`kv.atomic().min(["b"], 1n).commit()`,
	`kv.atomic().sum(["n"], -1n)`,
	`kv.atomic().sum(["n"], 1)`,
	`kv.atomic().sum(["n"], 2n ** 64n)`,
	`kv.atomic().mutate({ key: ["d"], type: "set", value: 1 }, { key: ["n"], type: "sum", value: new Deno.KvU64(1n) }, { key: ["m"], type: "delete" }).commit()`,
	`kv.getMany([["d"], ["n"], ["m"]])`,
	`kv.atomic().mutate({ key: ["d"], type: "set" })`,
	`kv.atomic().mutate({ key: ["d"], type: "delete", value: 1 })`,
	`kv.atomic().mutate({ key: ["d"], type: "other", value: 1 })`,
	`kv.atomic().mutate({ key: ["n"], type: "min", value: 1 }).commit()`,
	`kv.atomic()`,
	`kv.set(["e"], 1, { expireIn: -1 })`,
	`kv.set(["e"], 1, { expireIn: 1.5 })`,
	`kv.set(["e"], 1, { expireIn: 600_000 })`,
	`kv.get(["e"])`,
	`(() => { let op = kv.atomic(); for (let i = 0; i < 1001; i++) op = op.set(["many", i], i); return op.commit(); })()`,
	`(() => { let op = kv.atomic(); for (let i = 0; i < 1000; i++) op = op.set(["many", i], i); return op.commit(); })()`,
	`all({ prefix: ["many"] }).then(({ length }) => length)`,
	`(() => { let op = kv.atomic(); for (let i = 0; i < 101; i++) op = op.check({ key: ["a"], versionstamp: null }); return op.commit(); })()`,
	`(() => { let op = kv.atomic(); for (let i = 0; i < 13; i++) op = op.set(["big", i], new Uint8Array(65_000)); return op.commit(); })()`,
	`(() => { let op = kv.atomic(); for (let i = 0; i < 50; i++) op = op.set(["big".repeat(600), i], 1); return op.commit(); })()`,
	`Promise.all(Array.from({ length: 40 }, (_, i) => kv.set(["large", i], new Uint8Array(65_000).fill(i)))).then(() => "set")`,
	`all({ prefix: ["large"] }).then((entries) => entries.map(({ key, value }) => [key[1], value.length, value[9]]))`,
	`all({ prefix: ["large"] }, { reverse: true }).then((entries) => entries.map(({ key }) => key[1]))`,
	`kv.set(["log", kv.commitVersionstamp()], "entry")`,
	`all({ prefix: ["log"] })`,
	`all({ prefix: ["log"] }).then(([entry]) => entry.key[1] === entry.versionstamp)`,
	// Watching.
	`watched(kv.watch([["w"], ["a"]]), async () => { await kv.set(["w"], 1); }, async () => { await kv.set(["w"], 2); }, async () => { await kv.delete(["w"]); })`,
	`watched(kv.watch([["w"]]), async () => { await kv.set(["other"], 1); await kv.set(["w"], 3); })`,
	`kv.watch(Array.from({ length: 11 }, () => ["a"]))`,
	`watched(kv.watch([]))`,
	// The objects.
	`[typeof Deno.Kv, typeof Deno.AtomicOperation, Deno.KvU64.name, Object.keys(kv)]`,
	`new Deno.Kv()`,
	`[kv instanceof Deno.Kv, kv.atomic() instanceof Deno.AtomicOperation]`,
	`[new Deno.KvU64(7n).value, String(new Deno.KvU64(7n)), new Deno.KvU64(7n) + 1n, Object.prototype.toString.call(new Deno.KvU64(1n))]`,
	`new Deno.KvU64(1)`,
	`new Deno.KvU64(-1n)`,
	`kv.atomic().then()`,
	`Deno.openKv("")`,
	`(async () => { using other = await Deno.openKv(); return (await other.get(["b"])).value; })()`,
	`(async () => { const other = await Deno.openKv(); const stream = other.watch([["a"]]).getReader(); await stream.read(); other.close(); return [await stream.read(), await other.get(["a"]).catch(String), (() => { try { other.close(); } catch (error) { return String(error); } })()]; })()`,
];

/** The module. It exports `answers`, which opens a store and returns the result of each expression. */
export const PROGRAM = `import { Buffer } from "node:buffer";
export async function answers() {
	const kv = await Deno.openKv();
	const all = async (selector, options) => {
		const entries = [];
		for await (const entry of kv.list(selector, options)) entries.push(entry);
		return entries;
	};
	const pages = async (selector, options) => {
		const pages = [];
		for (let cursor; cursor !== ""; ) {
			const list = kv.list(selector, { ...options, ...(cursor && { cursor }) });
			const keys = [];
			for await (const { key } of list) keys.push(key.at(-1));
			pages.push([keys, cursor]);
			cursor = list.cursor;
			if (keys.length === 0) break;
		}
		return pages;
	};
	const watched = async (stream, ...steps) => {
		const reader = stream.getReader();
		const seen = [await reader.read()];
		for (const step of steps) {
			await step();
			seen.push(await reader.read());
		}
		await reader.cancel();
		return seen;
	};
	const stamps = new Map();
	const number = (text) => text.replace(/\\b[0-9a-f]{20}\\b/g, (stamp) => {
		if (!stamps.has(stamp)) stamps.set(stamp, "stamp " + stamps.size);
		return stamps.get(stamp);
	});
	const out = [];
	const ask = async (run) => {
		try {
			const value = await run();
			out.push(number(Deno.inspect(value, { depth: 6, iterableLimit: 2_000, strAbbreviateSize: 200 })));
		} catch (error) {
			out.push(number("throws " + error?.constructor?.name + " " + error));
		}
	};
	EXPRESSIONS
	kv.close();
	return out;
}`.replace("EXPRESSIONS", EXPRESSIONS.map((expression) => `await ask(() => ${expression});`).join("\n"));
