/** The Deno KV stores of apps: what functions share, what they cannot reach, and what happens at a limit. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { KvServer } from "../../../src/platform/kv/kv-server.ts";
import { KvStores } from "../../../src/platform/kv/kv-stores.ts";
import { builtPath } from "../../../src/platform/machine/assets.ts";
import type { Instance } from "../../../src/platform/runtime/runtime.ts";
import { ask, type Harness, launch, openRuntime } from "../runtime/harness.ts";
import { frame, rawConnection } from "./raw.ts";

const MIB = 1024 * 1024;

let folder: string;
let stores: KvStores;
let harness: Harness;
const errors: string[] = [];

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "coffer-kv-"));
	const directory = join(folder, "kv");
	const onError = (message: string) => errors.push(message);
	stores = new KvStores({ directory, maxBytes: MIB, program: builtPath("kv.cjs"), onError });
	harness = await openRuntime({ openStore: (socket) => stores.listen(socket) });
});
afterAll(async () => {
	await harness.close();
	await stores.close();
	rmSync(folder, { recursive: true, force: true });
	expect(errors).toEqual([]);
});

/** A function that evaluates the body of a request, with the store as `kv`. */
const EVALUATOR = `const kv = await Deno.openKv();
globalThis.kv = kv;
Deno.serve(async (request) => {
	try {
		return Response.json((await (0, eval)("async () => " + (await request.text()))()) ?? null);
	} catch (error) {
		return Response.json(error.name + ": " + error.message);
	}
});`;

async function start(app: string, name = "evaluator"): Promise<Instance> {
	return await harness.runtime.start(
		launch(EVALUATOR, {}, { app, function: name, lifetime: { app, function: `f${name}` } }),
	);
}

async function evaluate({ socketPath }: Instance, code: string): Promise<unknown> {
	return JSON.parse((await ask(socketPath, "/", { method: "POST", body: code })).body);
}

test("functions of one app share a store, also later ones, and another app has its own", async () => {
	const [one, two, other] = await Promise.all([start("aa", "one"), start("aa", "two"), start("bb")]);
	await evaluate(one, `kv.set(["n"], 1)`);
	expect(await evaluate(two, `kv.get(["n"]).then(({ value }) => value)`)).toBe(1);
	expect(await evaluate(other, `kv.get(["n"]).then(({ value }) => value)`)).toBe(null);
	const changed = evaluate(
		two,
		`(async () => { for await (const [{ value }] of kv.watch([["n"]])) if (value === 2) return "seen"; })()`,
	);
	await evaluate(one, `kv.set(["n"], 2)`);
	expect(await changed).toBe("seen");
	expect(
		await evaluate(
			one,
			`kv.set(["soon"], 1, { expireIn: 0 }).then(() => kv.get(["soon"])).then(({ value }) => value)`,
		),
	).toBe(null);
	await Promise.all([one.stop(), two.stop()]);
	const later = await start("aa", "later");
	expect(await evaluate(later, `kv.get(["n"]).then(({ value }) => value)`)).toBe(2);
	await Promise.all([later.stop(), other.stop()]);
});

test("a store that is full refuses writes, names the limit, and takes writes again after a deletion", async () => {
	const instance = await start("cc");
	const filled = await evaluate(
		instance,
		`(async () => { for (let i = 0; ; i++) await kv.set(["k", i], new Uint8Array(60_000)); })()`,
	);
	expect(filled).toBe(
		"Error: The Deno KV store of the app is full: it may have 1 MB (--max-kv of the platform). Delete entries that are no longer needed",
	);
	expect(await evaluate(instance, `kv.get(["k", 3]).then(({ value }) => value.length)`)).toBe(60_000);
	await evaluate(instance, `Promise.all([0, 1, 2].map((i) => kv.delete(["k", i])))`);
	expect(await evaluate(instance, `kv.set(["k", "new"], new Uint8Array(60_000)).then(({ ok }) => ok)`)).toBe(
		true,
	);
	const [size, ...others] = await stores.sizes([
		{ id: "none", lifetimeId: "99" },
		{ id: "shop", lifetimeId: "cc" },
	]);
	expect(others).toEqual([]);
	expect(size).toEqual(["shop", expect.any(Number)]);
	expect(size?.[1]).toBeLessThanOrEqual(MIB);
	await instance.stop();
});

test("queues, other stores, and stores in functions without one are refused with an error that says so", async () => {
	const instance = await start("dd");
	const queues = /^NotSupported: The queues of Deno KV \(enqueue, listenQueue\) are not supported/;
	for (const call of [
		`kv.enqueue(1)`,
		`kv.listenQueue(() => {})`,
		`kv.atomic().set(["a"], 1).enqueue(1).commit()`,
	])
		expect(await evaluate(instance, call)).toMatch(queues);
	expect(await evaluate(instance, `kv.get(["a"]).then(({ value }) => value)`)).toBe(null);
	expect(await evaluate(instance, `Deno.openKv("./mine.db")`)).toMatch(
		/^TypeError: Deno.openKv\("\.\/mine.db"\) is not supported/,
	);
	await instance.stop();
	const [bare] = await Promise.all([openRuntime()]);
	const without = await bare.runtime.start(
		launch(`export default () => Deno.openKv().catch(String).then((said) => new Response(said));`),
	);
	expect((await ask(without.socketPath)).body).toMatch(/Deno KV store does not work/);
	await bare.close();
});

test("the store of a deleted app is removed, and a later app of its name has an empty one", async () => {
	const instance = await start("ee");
	await evaluate(instance, `kv.set(["n"], 1)`);
	expect(existsSync(join(folder, "kv", "ee.db"))).toBe(true);
	await instance.stop();
	await stores.drop("ee");
	const again = await start("ee");
	expect(await evaluate(again, `kv.get(["n"]).then(({ value }) => value)`)).toBe(null);
	await again.stop();
	await stores.keepOnly(["aa"]);
	expect(readdirSync(join(folder, "kv")).filter((name) => !name.startsWith("aa"))).toEqual([]);
});

function rawServer(): KvServer {
	const onError = (error: unknown) => errors.push(String(error));
	return new KvServer({ directory: join(folder, "raw"), maxBytes: MIB, now: Date.now, onError });
}

test("an invalid message ends the connection, and reaches no store", async () => {
	const server = rawServer();
	const key = Buffer.alloc(2_049).toString("base64url");
	const messages = [
		Buffer.from([0xff, 0xff, 0xff, 0xff]),
		frame("{"),
		frame(JSON.stringify({ op: "other", id: 1 })),
		frame(JSON.stringify({ op: "write", id: 1, checks: [], mutations: [{ key, type: "delete" }] })),
		frame(
			JSON.stringify({
				op: "write",
				id: 1,
				checks: [],
				mutations: [{ key: "AA", type: "sum", value: [2, "AA"] }],
			}),
		),
		frame(JSON.stringify({ op: "write", id: 1, checks: [["A", null]], mutations: [] })),
		frame(JSON.stringify({ op: "read", id: 1, ranges: [["", "", 1_001, false]] })),
	];
	for (const [index, message] of messages.entries()) {
		const socket = await rawConnection(server, folder, `f${index}`);
		let answer = "";
		socket.on("data", (chunk) => {
			answer += chunk;
		});
		const closed = new Promise((resolve) => socket.on("close", resolve));
		socket.write(message);
		await closed;
		expect(answer).toBe("");
	}
	expect(readdirSync(join(folder, "raw"))).toEqual([]);
	server.close();
});

test("a process has one connection to its store, and a limited number of requests that wait", async () => {
	const server = rawServer();
	const socket = await rawConnection(server, folder, "a0");
	const answers: string[] = [];
	socket.on("data", (chunk) => answers.push(String(chunk)));
	// One connection for each process, and as many waiting requests as the limit permits.
	await expect(
		new Promise((_, reject) => connect(join(folder, "s-a0")).on("error", reject)),
	).rejects.toThrow();
	for (let id = 0; id <= 200; id++)
		socket.write(frame(JSON.stringify({ op: "watch", id, keys: ["AA"], seen: [null] })));
	await expect.poll(() => answers.join("")).toContain("at most 200 changes");
	// A process that asks again and again has one descriptor.
	const closed = new Promise((resolve) => socket.on("close", resolve));
	for (let count = 0; count < 5; count++) {
		rmSync(join(folder, "s-a0"), { force: true });
		await server.listen({ path: join(folder, "s-a0"), gid: undefined, app: "a0" });
	}
	await closed;
	expect(server.descriptorCount).toBe(1);
	server.close();
	expect(server.descriptorCount).toBe(0);
});
