/** Stuck functions, on a platform with real processes and frequent liveness checks. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createGateway, type Gateway } from "../../../src/platform/gateway/gateway.ts";
import { logOf } from "../fixtures/core.ts";
import { client, platform, TestApp, useCore } from "./app-fixture.ts";

useCore({ pingMs: 100 });

let gateway: Gateway;
let port: number;
beforeAll(async () => {
	const { core } = platform;
	gateway = createGateway({
		functions: (app) => core.apps.find(app)?.state.functions,
		instance: (app, name) => core.instance(app, name),
		settings: (app, name) => core.apps.find(app)?.state.functions.get(name)?.deployment.settings,
	});
	({ port } = await gateway.listen(0, "127.0.0.1"));
});
afterAll(() => gateway.close({ graceMs: 0 }));

async function deployed(id: string, code: string, settings: object = { timeoutSeconds: 1 }) {
	const app = await TestApp.open(id, {});
	await app.deployFiles({
		"functions/f/index.ts": code,
		"functions/f/function.jsonc": JSON.stringify(settings),
	});
	const pid = (await app.show("f"))?.pid as number;
	/** The entry in the list of functions, once the process is replaced. */
	const replaced = async () => {
		const isAnother = async () => {
			const shown = await app.show("f");
			return shown?.state === "live" && shown.pid !== pid;
		};
		await expect.poll(isAnother, { timeout: 60_000 }).toBe(true);
		return (await app.show("f"))?.replaced;
	};
	const ask = (path = "/") => fetch(`http://127.0.0.1:${port}/${id}/f${path}`);
	const logged = async () => {
		const lines = await platform.core.logs.read(...logOf(platform, id, "f"), { limit: 100 });
		return lines.map(({ message }) => message).filter((message) => message.includes("is replaced"));
	};
	return { app, pid, replaced, ask, logged };
}

const HELLO = "Deno.serve(() => new Response(String(Deno.pid)));";
const SPIN = `Deno.serve((request) => {
	if (request.url.endsWith("/spin")) for (;;);
	return new Response("ok");
});`;
const DEAF = `Deno.serve((request) => (request.url.endsWith("/ok") ? new Response("ok") : new Promise(() => {})));`;

describe("a function", () => {
	test("whose process is stopped is replaced without a request, and list, log and metrics report that", async () => {
		const { ask, logged, pid, replaced } = await deployed("stopped", HELLO, { timeoutSeconds: 100 });
		process.kill(pid, "SIGSTOP");
		expect(await replaced()).toEqual({
			count: 1,
			atMs: platform.clock.atMs,
			reason: "stopped",
			why: expect.stringMatching(/^its process is stopped by a signal and has not answered for [\d.]+ s$/),
		});
		expect(Number(await (await ask()).text())).not.toBe(pid);
		expect(await logged()).toEqual([expect.stringContaining("(replacement 1 since the platform started)")]);
		const { text } = await platform.core.metrics.text();
		expect(text).toContain(
			'coffer_function_replacements_total{app="stopped",function="f",reason="stopped"} 1',
		);
	});

	test("that computes without end is replaced, and waiting requests get an error", async () => {
		const { ask, logged, replaced } = await deployed("spins", SPIN);
		// Two requests only: three that time out would be another reason to replace the process.
		const waiting = await Promise.all([ask("/spin"), ask()]);
		for (const answer of waiting) expect([200, 502, 504]).toContain(answer.status);
		expect(waiting.some(({ status }) => status !== 200)).toBe(true);
		expect(await replaced()).toMatchObject({ count: 1, reason: "silent" });
		expect(await (await ask()).text()).toBe("ok");
		expect(await logged()).toEqual([expect.stringContaining("its event loop has not answered for")]);
	});

	test("that overwrites the built-ins of its host still passes the liveness checks", async () => {
		const code = `const { setTimeout } = globalThis;
				const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
				const never = () => { throw new Error("gone"); };
				const TAMPERED = [
					[JSON, ["parse", "stringify"]],
					[TextEncoder.prototype, ["encode"]],
					[TextDecoder.prototype, ["decode"]],
					[Uint8Array.prototype, ["subarray", "slice"]],
					[Function.prototype, ["bind"]],
					[Deno.Conn?.prototype ?? {}, ["read", "write"]],
					[globalThis, ["setTimeout", "queueMicrotask", "Uint8Array"]],
				];
				Deno.serve(async () => {
					for (const [object, names] of TAMPERED)
						for (const name of names) Object.defineProperty(object, name, { value: never });
					await wait(6_000);
					return new Response("still here");
				});`;
		const { app, pid } = await deployed("tampers", code, { timeoutSeconds: 3 });
		// The request takes six seconds with several liveness checks. A process that fails them is replaced after three.
		expect(await app.fetch("f")).toBe("still here");
		expect((await app.show("f"))?.pid).toBe(pid);
		expect((await app.show("f"))?.replaced).toBeUndefined();
	});

	test("that does not respond is replaced after three requests in a row, and not if it answers one of them", async () => {
		const { app, ask, pid, replaced } = await deployed("deaf", DEAF, { timeoutSeconds: 3 });
		for (const paths of [["/", "/"], ["/ok"], ["/", "/"]]) await Promise.all(paths.map(ask));
		expect((await app.show("f"))?.pid).toBe(pid);
		await ask("/");
		expect(await replaced()).toMatchObject({
			count: 1,
			reason: "unanswered",
			why: "3 requests in a row got no response within 3 s",
		});
	});
});

test("processes that were replaced have exited", async () => {
	const { pid, replaced } = await deployed("gone", HELLO, { timeoutSeconds: 100 });
	process.kill(pid, "SIGSTOP");
	await replaced();
	await expect
		.poll(() => readFile(`/proc/${pid}/stat`).catch(() => "gone"), { timeout: 60_000 })
		.toBe("gone");
	expect((await client.functions("gone")).map(({ name }) => name)).toEqual(["f"]);
});
