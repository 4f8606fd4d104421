/** Runs with invalid or endless responses. Test servers take the place of functions. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Instances } from "../../../src/platform/gateway/instances.ts";
import type { Instance } from "../../../src/platform/runtime/runtime.ts";
import { invoke } from "../../../src/platform/schedule/invoke.ts";
import { once as onceAt, START_MS } from "./scheduler-fixture.ts";

let folder: string;
let server: Server | undefined;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "coffer-invoke-"));
});
afterEach(() => {
	server?.closeAllConnections();
	server?.close();
	rmSync(folder, { recursive: true, force: true });
});

async function run(answer: RequestListener) {
	const socketPath = join(folder, "s");
	server = createServer(answer).listen(socketPath);
	await once(server, "listening");
	let inFlight = 0;
	const acquire = () => {
		inFlight++;
		return () => void inFlight--;
	};
	const calls: string[] = [];
	const instance = {
		socketPath,
		acquire,
		exited: new Promise(() => {}),
		answered: () => void calls.push("answered"),
		timedOut: () => void calls.push("timed out"),
	} as Partial<Instance> as Instance;
	const instances = new Instances(() => instance);
	const of = { app: "shop", function: "f", lifetime: "l" };
	const due = { ...of, automation: onceAt("a", START_MS), anchorMs: 0, dueMs: START_MS };
	const { signal } = new AbortController();
	const outcome = await invoke(instances, due, { host: "h", timeoutMs: 1_000, answerMs: 50, signal });
	instances.close();
	return { outcome, inFlight, said: calls };
}

test("a response that begins and never ends is cut off, and the instance is free again", async () => {
	const { outcome, inFlight } = await run((_request, response) => response.write("one"));
	expect([outcome, inFlight]).toEqual([expect.objectContaining({ code: "FUNCTION_UNENDED" }), 0]);
});

test("a connection that breaks during a response is a failure", async () => {
	const { outcome } = await run((_request, response) => {
		response.writeHead(200, { "content-length": "9" }).write("one", () => response.destroy());
	});
	expect(outcome).toMatchObject({ code: "FUNCTION_BROKE_CONNECTION" });
});

test("an endless response is read at a limited rate, whatever the size of its pieces", async () => {
	for (const piece of ["x".repeat(64 * 1024), "x"]) {
		let written = 0;
		const { outcome } = await run((_request, response) => {
			const write = () => {
				if (response.destroyed) return;
				while (response.write(piece)) written += piece.length;
				written += piece.length;
			};
			response.on("drain", write);
			write();
		});
		expect(outcome).toMatchObject({ code: "FUNCTION_UNENDED" });
		// Without a pause there would be hundreds of MiB, or hundreds of thousands of pieces, a second.
		expect(written).toBeLessThan(32 * 1024 * 1024);
		server?.closeAllConnections();
		server?.close();
	}
});

test("the instance is notified whether the run was answered", async () => {
	const { said } = await run((_request, response) => response.end("ok"));
	expect(said).toEqual(["answered"]);
	server?.close();
	const silent = await run(() => {});
	expect(silent.outcome).toMatchObject({ code: "FUNCTION_TIMEOUT" });
	expect(silent.said).toEqual(["timed out"]);
});

test("a run fails if there is no instance", async () => {
	const of = { app: "shop", function: "f", lifetime: "l" };
	const due = { ...of, automation: onceAt("a", START_MS), anchorMs: 0, dueMs: START_MS };
	const { signal } = new AbortController();
	const outcome = await invoke(new Instances(() => undefined), due, { host: "h", timeoutMs: 1_000, signal });
	expect(outcome).toMatchObject({ code: "FUNCTION_NOT_RUNNING" });
});
