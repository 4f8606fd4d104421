/** The first requests of a function that reads a secret which the analysis of its code did not find. */
import { once } from "node:events";
import { WebSocket } from "undici";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createGateway, type Gateway } from "../../../../src/platform/gateway/gateway.ts";
import { statusesOf } from "../../fixtures/client.ts";
import { logOf } from "../../fixtures/core.ts";
import { call } from "../../gateway/fixtures/harness.ts";
import { platform, TestApp, useCore } from "../app-fixture.ts";

useCore({ spares: 1 });

let gateway: Gateway;
let port: number;
beforeAll(async () => {
	const { core } = platform;
	gateway = createGateway({
		functions: (app) => core.apps.find(app)?.state.functions,
		settings: (app, name) => core.apps.find(app)?.state.functions.get(name)?.deployment.settings,
		instance: (app, name) => core.functionsOf(core.apps.get(app)).instance(name),
	});
	({ port } = await gateway.listen(0, "127.0.0.1"));
});
afterAll(() => gateway.close({ graceMs: 0 }));

const ask = async (app: TestApp, target: string, init?: RequestInit): Promise<string> =>
	await (await fetch(`http://127.0.0.1:${port}/${app.id}/${target}`, init)).text();

/** `read` reads a variable, and the analysis does not find it: it does not follow code that a package makes of a text. */
const READ = `
	import template from "npm:lodash.template@4.5.0";
	const read = (name) => template('<%= Deno.env.get("' + name + '") %>')() || undefined;
`;
const HIDDEN = (name: string) => `read("${name}")`;
const SHOW = (name: string) => `${READ}export default () => new Response(${HIDDEN(name)} ?? "none");`;

const linesOf = async (app: TestApp, name: string) =>
	(await platform.core.logs.read(...logOf(platform, app.id, name), { limit: 100 })).map(
		({ message }) => message,
	);
const STARTED_AGAIN = (name: string) =>
	`The function read the secret ${name}, which the analysis of its code did not find. It is started again with this secret.`;

describe("the first request of a function that reads a secret that it was not given", () => {
	test("is answered by a process that has the secret, and the client gets one response", async () => {
		const app = await TestApp.open("first", { KEY: "v1" });
		await app.deploy({ lazy: SHOW("KEY") });
		expect(await ask(app, "lazy")).toBe("v1");
		expect(await linesOf(app, "lazy")).toEqual([STARTED_AGAIN("KEY")]);
		expect((await app.show("lazy"))?.references).toMatchObject([{ name: "KEY", how: "observed" }]);
	});

	test.each(["HEAD", "OPTIONS", "PUT", "DELETE"])("is repeated if its method is %s", async (method) => {
		const app = await TestApp.open(`first-${method.toLowerCase()}`, { KEY: "v1" });
		const code = `${READ}export default () => new Response(null, { headers: { key: ${HIDDEN("KEY")} ?? "none" } });`;
		await app.deploy({ lazy: code });
		const { headers } = await fetch(`http://127.0.0.1:${port}/${app.id}/lazy`, { method });
		expect(headers.get("key")).toBe("v1");
	});

	test.each([
		["it has a body", "PUT", true],
		["its method is not idempotent", "POST", false],
		["its method is not idempotent and it has a body", "POST", true],
	])("is not repeated if %s: it reaches the function once", async (_, method, hasBody) => {
		const app = await TestApp.open(`once-${method.toLowerCase()}-${hasBody}`, { KEY: "v1" });
		const code = `${READ}export default async (request) => {
			console.log("worked on " + await request.text());
			return new Response(${HIDDEN("KEY")} ?? "none");
		};`;
		await app.deploy({ effect: code });
		const body = hasBody ? "a body" : "";
		const path = `/${app.id}/effect`;
		let count = 0;
		const send = async () => {
			count++;
			return (await call({ port, path, method }, body)).body;
		};
		expect(await send()).toBe("none");
		await vi.waitFor(async () => expect(await send()).toBe("v1"));
		const works = async () => (await linesOf(app, "effect")).filter((line) => line === `worked on ${body}`);
		// Lines come through a pipe, later than the responses.
		await vi.waitFor(async () => expect(await works()).toHaveLength(count));
	});

	test("is answered with all secrets that the function reads one after the other", async () => {
		const secrets = Object.fromEntries(["A", "B", "C", "D"].map((name) => [name, name.toLowerCase()]));
		const app = await TestApp.open("chain", secrets);
		const code = `${READ}export default () => {
			let text = "";
			for (const name of ["A", "B", "C", "D"]) {
				const value = read(name);
				if (value === undefined) throw new Error("no " + name);
				text += value;
			}
			return new Response(text);
		};`;
		await app.deploy({ chain: code });
		expect(await ask(app, "chain")).toBe("abcd");
	});

	test("and all others at the same time wait for the process that has the secret", async () => {
		const app = await TestApp.open("concurrent", { KEY: "v1" });
		await app.deploy({ lazy: SHOW("KEY") });
		const before = (await app.show("lazy"))?.pid;
		const answers = await Promise.all(Array.from({ length: 50 }, () => ask(app, "lazy")));
		expect(new Set(answers)).toEqual(new Set(["v1"]));
		expect((await app.show("lazy"))?.pid).not.toBe(before);
		expect(await linesOf(app, "lazy")).toEqual([STARTED_AGAIN("KEY")]);
	});

	test("and requests that cannot be repeated, at the same time: each is answered, and the latter work once", async () => {
		const app = await TestApp.open("mixed", { KEY: "v1" });
		const code = `${READ}export default async (request) => {
			if (request.method === "POST") console.log("worked on " + await request.text());
			return new Response(${HIDDEN("KEY")} ?? "none");
		};`;
		await app.deploy({ mixed: code });
		const path = `/${app.id}/mixed`;
		const numbers = Array.from({ length: 20 }, (_, index) => String(index));
		const [read, posted] = await Promise.all([
			Promise.all(numbers.map(() => call({ port, path }))),
			Promise.all(numbers.map((number) => call({ port, path, method: "POST" }, number))),
		]);
		expect(new Set(read.map(({ body }) => body))).toEqual(new Set(["v1"]));
		expect(new Set(posted.map(({ status }) => status))).toEqual(new Set([200]));
		const worked = async () => (await linesOf(app, "mixed")).filter((line) => line.startsWith("worked on "));
		await vi.waitFor(async () => expect(await worked()).toHaveLength(numbers.length));
		expect(new Set(await worked()).size).toBe(numbers.length);
	});

	test("is answered if the function ends because it lacks the secret", async () => {
		const app = await TestApp.open("ending", { KEY: "v1" });
		const code = `${READ}export default () => {
			const key = ${HIDDEN("KEY")};
			if (key === undefined) Deno.exit(1);
			return new Response(key);
		};`;
		await app.deploy({ ending: code });
		expect(await ask(app, "ending")).toBe("v1");
	});

	test("is answered if the function never responds without the secret", async () => {
		const app = await TestApp.open("hanging", { KEY: "v1" });
		const code = `${READ}export default () => {
			const key = ${HIDDEN("KEY")};
			return key === undefined ? new Promise(() => {}) : new Response(key);
		};`;
		await app.deploy({ hanging: code });
		expect(await ask(app, "hanging")).toBe("v1");
	});

	test("is answered if it starts an idle function", async () => {
		const app = await TestApp.open("idle-first", { KEY: "v1" });
		await app.deploy({ lazy: SHOW("KEY") });
		app.functions.stopIdle(0);
		expect((await app.show("lazy"))?.state).toBe("idle");
		expect(await ask(app, "lazy")).toBe("v1");
	});

	test("is answered after a redeploy that reads another secret", async () => {
		const app = await TestApp.open("redeployed-first", { KEY: "v1", NEXT: "n1" });
		await app.deploy({ lazy: SHOW("KEY") });
		expect(await ask(app, "lazy")).toBe("v1");
		await app.deploy({ lazy: SHOW("NEXT") });
		expect(await ask(app, "lazy")).toBe("n1");
		await app.set({ NEXT: "n2" });
		expect(await ask(app, "lazy")).toBe("n2");
	});

	test("opens a WebSocket to a process that has the secret", async () => {
		const app = await TestApp.open("socket", { KEY: "v1" });
		const code = `${READ}export default (request) => {
			const { socket, response } = Deno.upgradeWebSocket(request);
			const key = ${HIDDEN("KEY")} ?? "none";
			socket.onopen = () => socket.send(key);
			return response;
		};`;
		await app.deploy({ chat: code });
		const socket = new WebSocket(`ws://127.0.0.1:${port}/${app.id}/chat`);
		expect(((await once(socket, "message"))[0] as MessageEvent).data).toBe("v1");
		socket.close();
		await once(socket, "close");
	});

	test("gets the response without the secret if the function does not start with it", async () => {
		const app = await TestApp.open("refusing", { KEY: "v1" });
		const code = `${READ}
			if (template('<%= "KEY" in Deno.env.toObject() %>')() === "true") throw new Error("The key is not wanted.");
			export default () => new Response(${HIDDEN("KEY")} ?? "none");`;
		await app.deploy({ refusing: code });
		expect(await ask(app, "refusing")).toBe("none");
		expect((await app.show("refusing"))?.state).toBe("live");
	});

	test("is repeated a limited number of times", async () => {
		const names = Array.from({ length: 30 }, (_, index) => `KEY_${index}`);
		const app = await TestApp.open("endless", Object.fromEntries(names.map((name) => [name, "v"])));
		const code = `${READ}export default () => {
			let count = 0;
			while (count < 30 && read("KEY_" + count) !== undefined) count++;
			return new Response(String(count));
		};`;
		await app.deploy({ endless: code });
		expect(await ask(app, "endless")).toBe("10");
	});

	test("is not repeated after the process has answered another request", async () => {
		const app = await TestApp.open("later-read", { KEY: "v1" });
		const code = `${READ}export default (request) =>
			new Response(request.url.endsWith("/read") ? ${HIDDEN("KEY")} ?? "none" : "other");`;
		await app.deploy({ routes: code });
		expect(await ask(app, "routes/else")).toBe("other");
		expect(await ask(app, "routes/read")).toBe("none");
		await vi.waitFor(async () => expect(await ask(app, "routes/read")).toBe("v1"));
	});

	test("ends at the function's time limit, which holds for all attempts together", async () => {
		const app = await TestApp.open("limited", { KEY: "v1" });
		await app.deployFiles({
			"functions/slow/index.ts": `${READ}export default () => { ${HIDDEN("KEY")}; return new Promise(() => {}); };`,
			"functions/slow/function.jsonc": '{ "timeoutSeconds": 1 }',
		});
		expect(JSON.parse(await ask(app, "slow"))).toMatchObject({ status: 504, code: "FUNCTION_TIMEOUT" });
	});
});

describe("a function that reads a secret when it starts", () => {
	test.each(["GET", "POST"])("has it when its first request comes, whose method is %s", async (method) => {
		const app = await TestApp.open(`at-start-${method.toLowerCase()}`, { KEY: "v1", MORE: "m1" });
		const code = `${READ}
			const key = ${HIDDEN("KEY")};
			const more = key && ${HIDDEN("MORE")};
			export default () => new Response(key + more);`;
		await app.deploy({ eager: code });
		expect(await ask(app, "eager", { method })).toBe("v1m1");
		expect(await linesOf(app, "eager")).toEqual([STARTED_AGAIN("KEY"), STARTED_AGAIN("MORE")]);
	});

	test("runs without it if it does not start with it, and the error is shown", async () => {
		const app = await TestApp.open("start-refusing", { KEY: "v1" });
		const code = `${READ}
			if (${HIDDEN("KEY")}) throw new Error("The key is not wanted.");
			export default () => new Response("without");`;
		expect(statusesOf(await app.deploy({ refusing: code }))).toEqual({ refusing: "deployed" });
		expect(await ask(app, "refusing")).toBe("without");
		const shown = await app.show("refusing");
		expect([shown?.state, shown?.error]).toEqual(["live", expect.stringContaining("is not wanted")]);
	});
});
