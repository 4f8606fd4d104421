/** A platform whose functions and gateways are in other processes: what it promises while one of these ends. */

import { readFile } from "node:fs/promises";
import { WebSocket } from "undici";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { NO_LOG } from "../../../src/platform/faults/log.ts";
import { stopLeftDataPlane } from "../../../src/platform/stop-left.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { statusesOf } from "../fixtures/client.ts";
import { APP, Story } from "../fixtures/platform-story.ts";
import { call } from "../gateway/fixtures/harness.ts";

const FILES = {
	"functions/pay/index.ts": `Deno.serve((request) => {
		const { pathname, searchParams } = new URL(request.url);
		if (pathname === "/crash") Deno.exit(3);
		if (pathname === "/socket") {
			const { socket, response } = Deno.upgradeWebSocket(request);
			socket.onmessage = ({ data }) => socket.send("echo " + data);
			return response;
		}
		const name = searchParams.get("name");
		console.log("asked for " + pathname);
		return new Response(Deno.env.get("PAY_KEY") + (name ? " " + Deno.env.get(name) : ""));
	});`,
	"functions/mail/index.ts": "export default () => new Response(String(Deno.pid));",
	"functions/mail/function.jsonc": '{ "idleSeconds": "never" }',
};

/** A story with two functions, of which one reads `PAY_KEY`. */
async function deployed(story = new Story(1)): Promise<Story> {
	await story.start();
	await story.send("PAY_KEY", 1, "v1");
	expect(statusesOf(await story.client.deploy(APP, FILES))).toEqual({ pay: "deployed", mail: "deployed" });
	return story;
}

/** The same for one test. */
function ownStory(): Promise<Story> {
	const story = new Story(1);
	onTestFinished(() => story[Symbol.asyncDispose]());
	return deployed(story);
}

/** Waits until no process is left. The system may still be ending one whose connections are closed. */
async function nothingRuns(story: Story): Promise<void> {
	await vi.waitFor(async () => {
		expect(await story.processes("data-plane.cjs")).toEqual([]);
		expect(await story.processes("gateway.cjs")).toEqual([]);
	});
}

const bodyOf = async (url: string) => (await fetch(url)).text();

describe("a running platform", () => {
	let story: Story;
	let version = 1;
	beforeAll(async () => {
		vi.stubEnv("COFFER_PLATFORM_IDENTITY", "canary-of-an-identity");
		story = await deployed();
		vi.unstubAllEnvs();
	});
	afterAll(() => story[Symbol.asyncDispose]());

	const change = (value: string) => story.send("PAY_KEY", ++version, value);
	/** The number of answers with a status of 2xx in the metrics. */
	const counted = async () => {
		const line = /coffer_requests_total\{app="shop",function="pay",status="2xx"\} (\d+)/;
		return Number(line.exec(await story.client.metrics())?.[1] ?? 0);
	};

	test("no process but its own has its identity", async () => {
		const pids = [...(await story.processes("data-plane.cjs")), ...(await story.processes("gateway.cjs"))];
		const environments = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, "latin1")));
		expect(environments).toHaveLength(2);
		for (const environment of environments) {
			expect(environment).toContain("PATH=");
			expect(environment).not.toContain("canary");
		}
	});

	test("once a change is answered, no request sees the old value, and none fails meanwhile", async () => {
		const failures: unknown[] = [];
		let isOver = false;
		const load = async () => {
			while (!isOver) await story.body("pay").catch((error: unknown) => failures.push(error));
		};
		const loads = [load(), load(), load()];
		for (const value of ["v2", "v3", "v4", "v5", "v6"]) {
			await change(value);
			expect(await Promise.all([1, 2, 3, 4].map(() => story.body("pay")))).toEqual(Array(4).fill(value));
		}
		isOver = true;
		await Promise.all(loads);
		expect(failures).toEqual([]);
	});

	test("the first request to a process that lacks a secret is answered by one that has it", async () => {
		await change("v1");
		await story.send("LATE_KEY", 1, "late");
		const url = `${story.platform.listenUrl}/${APP}/pay`;
		expect(await bodyOf(`${url}?name=LATE_KEY`)).toBe("v1 late");
		expect(await bodyOf(`${url}?name=LATE_KEY`)).toBe("v1 late");
	});

	test("a request is logged once with values redacted in its path, and counted; a crash is named", async () => {
		await change("a-secret-value");
		const logged = async (...expected: unknown[]) =>
			await vi.waitFor(async () => {
				const requests = (await story.client.requests(APP, "pay")).slice(-expected.length);
				expect(requests.map(({ path, reason, status }) => [path, status, reason])).toEqual(expected);
			});
		// Gateways report in order, so earlier requests are counted by then.
		await bodyOf(`${story.platform.listenUrl}/${APP}/pay/first`);
		await logged(["/shop/pay/first", 200, null]);
		const before = await counted();
		await bodyOf(`${story.platform.listenUrl}/${APP}/pay/x/a-secret-value/y`);
		await bodyOf(`${story.platform.listenUrl}/${APP}/pay/crash`);
		await logged(["/shop/pay/x/[PAY_KEY]/y", 200, null], ["/shop/pay/crash", 502, "FUNCTION_CRASHED"]);
		expect((await counted()) - before).toBe(1);
	});

	test("a host of an app reaches its functions, also in gateways that begin later, until it is removed", async () => {
		await change("behind-a-host");
		const { hostname, port } = new URL(story.platform.listenUrl);
		const ask = (path: string) => call({ host: hostname, port, path, headers: { host: "Shop.example." } });
		expect((await ask("/pay")).status).toBe(404);
		expect((await story.client.call(ROUTES.addHost, { host: "shop.example" }, { app: APP })).status).toBe(
			200,
		);
		expect((await ask("/pay/x/behind-a-host")).body).toBe("behind-a-host");
		expect((await ask("/shop/pay")).status).toBe(404);
		await vi.waitFor(async () =>
			expect((await story.client.requests(APP, "pay")).at(-1)?.path).toBe("/pay/x/[PAY_KEY]"),
		);
		const [killed = 0] = await story.processes("gateway.cjs");
		process.kill(killed, "SIGKILL");
		await vi.waitFor(async () => expect((await ask("/pay")).body).toBe("behind-a-host"), 10_000);
		expect((await story.client.call(ROUTES.removeHost, { host: "shop.example" })).status).toBe(200);
		expect((await ask("/pay")).status).toBe(404);
		expect(await story.body("pay")).toBe("behind-a-host");
	});

	test.each(["gateway.cjs", "data-plane.cjs"] as const)("%s is replaced when it ends", async (program) => {
		const { listenUrl } = story.platform;
		const [killed = 0] = await story.processes(program);
		process.kill(killed, "SIGKILL");
		await vi.waitFor(async () => expect(await story.processes(program)).not.toContain(killed));
		const answers = async () => expect((await fetch(`${listenUrl}/${APP}/pay`)).status).toBe(200);
		await vi.waitFor(answers, 10_000);
		await change(program);
		expect(await story.body("pay")).toBe(program);
	});
});

test("the next platform takes over what one left running: the same processes, lines, requests and metrics", async () => {
	const story = await ownStory();
	await story.client.call(ROUTES.addHost, { host: "shop.example" }, { app: APP });
	const [mail, pids] = [await story.body("mail"), await story.pids()];
	const url = await story.handOver();
	expect(await bodyOf(`${url}/${APP}/mail`)).toBe(mail);
	expect(await bodyOf(`${url}/${APP}/pay/while-away`)).toBe("v1");
	await story.start();
	expect(story.platform.listenUrl).toBe(url);
	expect(await story.pids()).toEqual(pids);
	const { hostname: host, port } = new URL(url);
	expect((await call({ host, port, path: "/mail", headers: { host: "shop.example" } })).body).toBe(mail);
	await vi.waitFor(async () => {
		expect((await story.client.logs(APP, "pay")).map(({ message }) => message)).toContain(
			"asked for /while-away",
		);
		expect((await story.client.requests(APP, "pay")).map(({ path }) => path)).toContain(
			"/shop/pay/while-away",
		);
	});
	expect((await story.send("PAY_KEY", 2, "v2")).at(-1)).toEqual({ type: "done", untouched: ["mail"] });
	expect([await story.body("pay"), await story.body("mail")]).toEqual(["v2", mail]);
});

test("a platform with other options replaces what runs, and a stopped one leaves nothing running", async () => {
	const story = await ownStory();
	const before = await story.body("mail");
	await story.handOver();
	await story.start(NO_LOG, { allowNet: ["127.0.0.1:9"] });
	expect(await story.body("mail")).not.toBe(before);
	await story.platform.close();
	await nothingRuns(story);
});

test("a request that needs the platform waits for the next one", async () => {
	const story = await ownStory();
	// A response that does not end keeps the process from being idle again.
	const open =
		"export default () => new Response(new ReadableStream({ start: (to) => to.enqueue(new TextEncoder().encode(String(Deno.pid))) }));";
	await story.client.deploy(APP, {
		...FILES,
		"functions/mail/index.ts": open,
		"functions/mail/function.jsonc": '{ "idleSeconds": 1 }',
	});
	await vi.waitFor(async () => expect((await story.pids())["mail"]).toBeNull(), 10_000);
	const url = await story.handOver();
	const answer = fetch(`${url}/${APP}/mail`);
	await story.start();
	const body = (await answer).body?.pipeThrough(new TextDecoderStream()).getReader();
	expect((await body?.read())?.value).toBe(String((await story.pids())["mail"]));
	await body?.cancel();
});

test("a WebSocket stays open while another function is replaced and while the platform is away", async () => {
	const story = await ownStory();
	const socket = new WebSocket(`${story.platform.listenUrl.replace("http", "ws")}/${APP}/pay/socket`);
	onTestFinished(() => socket.close());
	await new Promise((resolve) => socket.addEventListener("open", resolve));
	const echo = async (text: string) => {
		const answered = new Promise<string>((resolve) =>
			socket.addEventListener("message", ({ data }) => resolve(String(data)), { once: true }),
		);
		socket.send(text);
		return await answered;
	};
	expect(await echo("one")).toBe("echo one");
	await story.client.deploy(APP, {
		...FILES,
		"functions/mail/index.ts": "export default () => new Response('new');",
	});
	expect([await echo("two"), await story.body("mail")]).toEqual(["echo two", "new"]);
	await story.handOver();
	expect(await echo("three")).toBe("echo three");
});

test("what a platform left running can be stopped, but not while a platform runs", async () => {
	const story = await ownStory();
	await expect(stopLeftDataPlane(story.data)).rejects.toMatchObject({ code: "PLATFORM_RUNNING", exit: 5 });
	expect(await story.body("pay")).toBe("v1");
	await story.handOver();
	expect(await stopLeftDataPlane(story.data)).toEqual({ stopped: true });
	await nothingRuns(story);
	expect(await stopLeftDataPlane(story.data)).toEqual({ stopped: false });
});
