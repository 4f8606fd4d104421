/** Replacing an instance under load: no client notices. */

import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Instance } from "../../../../src/platform/runtime/runtime.ts";
import { call, openStage, type Stage } from "../fixtures/harness.ts";

const VERSION = `
	export default async (request) => {
		if (new URL(request.url).pathname === "/slow") {
			const steps = ["a", "b", "c"];
			return new Response(new ReadableStream({
				async pull(controller) {
					await new Promise((resolve) => setTimeout(resolve, 50));
					const step = steps.shift();
					if (step === undefined) controller.close(); else controller.enqueue(new TextEncoder().encode(step));
				},
			}));
		}
		return new Response(Deno.env.get("VERSION") + (await request.text()));
	};`;
const SWITCHES = 24;

let stage: Stage;
beforeAll(async () => {
	stage = await openStage();
	await stage.start("pay", VERSION, { VERSION: "0" });
});
afterAll(() => stage.close());

test(`${SWITCHES} switches under load on keep-alive connections: no request fails, and none reaches an older version`, async () => {
	const agent = new Agent({ keepAlive: true, maxSockets: 16 });
	let isOver = false;
	const seen = new Set<string>();
	const failures: unknown[] = [];
	const client = async (id: number) => {
		let last = 0;
		for (let round = 0; !isOver; round++) {
			const isPost = (id + round) % 2 === 0;
			const options = { port: stage.port, agent, path: "/shop/pay", method: isPost ? "POST" : "GET" };
			const answer = await call(options, isPost ? "-posted" : undefined).catch((error) => ({
				status: 0,
				body: String(error),
			}));
			const [version = "", rest] = answer.body.split("-");
			if (answer.status !== 200 || rest !== (isPost ? "posted" : undefined) || Number(version) < last)
				failures.push(answer);
			last = Number(version);
			seen.add(version);
		}
	};
	const clients = Array.from({ length: 12 }, (_, id) => client(id));
	const slow = call({ port: stage.port, path: "/shop/pay/slow" });
	const stopped: Promise<void>[] = [];
	for (let version = 1; version <= SWITCHES; version++) {
		const old = stage.current.get("pay") as Instance;
		await stage.start("pay", VERSION, { VERSION: String(version) });
		stopped.push(old.stop());
		while (!seen.has(String(version)))
			await call({ port: stage.port, agent, path: "/shop/pay" }).then(({ body }) => seen.add(body));
	}
	isOver = true;
	await Promise.all([...clients, ...stopped]);
	agent.destroy();
	expect(failures).toEqual([]);
	expect(seen.size).toBe(SWITCHES + 1);
	expect(await slow).toMatchObject({ status: 200, body: "abc" });
});

test("a request to an instance whose socket is gone reaches its successor, with its body", async () => {
	const gone = await stage.start("gone", VERSION, { VERSION: "gone" });
	const next = await stage.start("next", VERSION, { VERSION: "next" });
	// For one call, it looks alive to the gateway, as in the moment between its end and the notification of it.
	const dead = Object.create(gone, {
		socketPath: { value: `${gone.socketPath}-gone` },
		acquire: { value: () => gone.acquire() },
		inFlight: { get: () => gone.inFlight },
		exited: { value: gone.exited },
		probation: { value: undefined },
	}) as Instance;
	const answers = [dead, next];
	const second = await openStage({ functions: () => new Set(["x"]), instance: () => answers.shift() });
	expect(await call({ port: second.port, path: "/shop/x", method: "POST" }, "-posted")).toMatchObject({
		status: 200,
		body: "next-posted",
	});
	answers.push(dead, dead);
	expect((await call({ port: second.port, path: "/shop/x" })).status).toBe(502);
	expect(gone.inFlight).toBe(0);
	await second.close();
});

test("an instance that drains refuses a request, and the gateway tries its successor", async () => {
	const old = await stage.start("old", VERSION, { VERSION: "old" });
	const next = await stage.start("new", VERSION, { VERSION: "new" });
	const outgoing = request({ host: "127.0.0.1", port: stage.port, path: "/shop/old/slow" });
	outgoing.end();
	const [response] = await once(outgoing, "response");
	const stopped = old.stop();
	const answers = [old, next];
	const second = await openStage({ functions: () => new Set(["x"]), instance: () => answers.shift() });
	expect(await call({ port: second.port, path: "/shop/x" })).toMatchObject({ status: 200, body: "new" });
	expect(Buffer.concat(await response.toArray()).toString()).toBe("abc");
	await stopped;
	expect((await old.exited).signal).toBe("SIGTERM");
	await second.close();
});

test("closing lets a request finish, and closes its keep-alive connection with it", async () => {
	const closing = await openStage();
	await closing.start("pay", VERSION, { VERSION: "1" });
	const agent = new Agent({ keepAlive: true });
	await call({ port: closing.port, agent, path: "/shop/pay" });
	const outgoing = request({ host: "127.0.0.1", port: closing.port, agent, path: "/shop/pay/slow" });
	outgoing.end();
	const [response] = await once(outgoing, "response");
	const closed = closing.gateway.close({ graceMs: 3_600_000 });
	expect(Buffer.concat(await response.toArray()).toString()).toBe("abc");
	await closed;
	await expect(call({ port: closing.port, path: "/shop/pay" })).rejects.toMatchObject({
		code: "ECONNREFUSED",
	});
	agent.destroy();
	await closing.close();
});

test("closing waits for a request that expects 100 Continue, and not for a silent connection", async () => {
	const closing = await openStage();
	await closing.start("echo", "Deno.serve(async (r) => new Response(await r.text()));");
	const silent = connect(closing.port, "127.0.0.1");
	await once(silent, "connect");
	const asking = connect(closing.port, "127.0.0.1");
	asking.setEncoding("utf8");
	const head = "POST /shop/echo HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\nexpect: 100-continue\r\n\r\n";
	asking.write(head);
	expect(String(await once(asking, "data"))).toContain("100 Continue");
	const closed = closing.gateway.close({ graceMs: 3_600_000 });
	await once(silent, "close");
	let answer = "";
	asking.on("data", (text: string) => {
		answer += text;
	});
	asking.write("done");
	await once(asking, "close");
	expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*done/);
	await closed;
	await closing.close();
});
