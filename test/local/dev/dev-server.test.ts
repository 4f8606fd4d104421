/** `coffer dev` in this process, in cases that a developer meets rarely. */

import { once } from "node:events";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { newIdentity } from "../../../src/identity/identity.ts";
import { DevServer } from "../../../src/local/dev/dev-server.ts";
import type { DevEvent } from "../../../src/local/dev/events.ts";
import { setSecrets } from "../../../src/project/secrets/edit-secrets.ts";
import { TestProject } from "../../project/project.ts";

const GOOD = 'export default () => new Response("good " + Deno.env.get("KEY"));';
/** A project and the events of its server. */
class Dev {
	readonly events: DevEvent[] = [];
	readonly #waiting = new Map<string, () => void>();

	readonly project: TestProject;

	private constructor(project: TestProject) {
		this.project = project;
	}

	static async create(files: Readonly<Record<string, string>>): Promise<Dev> {
		const dev = new Dev(await TestProject.create());
		onTestFinished(() => dev.project[Symbol.dispose]());
		for (const [path, text] of Object.entries(files)) dev.write(path, text);
		return dev;
	}

	write(path: string, text: string): void {
		mkdirSync(dirname(join(this.project.root, path)), { recursive: true });
		writeFileSync(join(this.project.root, path), text);
	}

	open(port = 0, names: readonly string[] = [], allowNet: readonly string[] = []): Promise<DevServer> {
		return DevServer.open({
			...{ allowNet, context: this.project.context, identity: newIdentity(), names, hidden: [] },
			address: { host: "127.0.0.1", port },
			onEvent: (event) => {
				this.events.push(event);
				this.#waiting.get(event.event)?.();
			},
		});
	}

	/** Resolves at the next event of a kind. */
	next(kind: DevEvent["event"]): Promise<void> {
		return new Promise((resolve) => this.#waiting.set(kind, resolve));
	}

	/** The folders of servers on this device that still have files. */
	left(): string[] {
		const path = join(this.project.context.stateFolder, "dev");
		return readdirSync(path, { recursive: true })
			.map(String)
			.filter((name) => /address|store/.test(name));
	}
}

/** A server that listens. @returns its port */
async function listening(onRequest: RequestListener): Promise<number> {
	const server = createServer(onRequest).listen(0, "127.0.0.1");
	onTestFinished(() => void server.close());
	await once(server, "listening");
	return (server.address() as AddressInfo).port;
}

test("a stop during a start does not wait for the function, and says nothing of it", async () => {
	let release = () => {};
	let asked = () => {};
	const starting = new Promise<void>((resolve) => {
		asked = resolve;
	});
	const port = await listening((_, response) => {
		release = () => void response.end();
		asked();
	});
	const code = `await (await fetch("http://127.0.0.1:${port}")).text(); ${GOOD}`;
	const dev = await Dev.create({ "functions/slow.ts": code });
	const stop = new AbortController();
	{
		await using server = await dev.open(0, [], [`127.0.0.1:${port}`]);
		const served = server.watch(stop.signal);
		await starting;
		stop.abort();
		await served;
		setImmediate(release);
	}
	expect(dev.events).toEqual([]);
	expect(dev.left()).toEqual([]);
});

test("a port in use and an unknown function are errors, and a server can be opened after each", async () => {
	const dev = await Dev.create({ "functions/a.ts": GOOD });
	const port = await listening(() => {});
	await expect(dev.open(port)).rejects.toMatchObject({
		code: "ADDRESS_UNAVAILABLE",
		message: expect.stringContaining(String(port)),
	});
	{
		await using server = await dev.open(0, ["b"]);
		const { signal } = new AbortController();
		await expect(server.start(true, signal)).rejects.toMatchObject({ code: "FUNCTION_NOT_FOUND", exit: 4 });
		await expect(dev.open()).rejects.toMatchObject({ code: "DEV_RUNNING", exit: 5 });
	}
	await using again = await dev.open();
	expect(again.url).toMatch(/^http:/);
});

test("a function that lacks a secret is started when the secret is set, and one whose file is deleted ends", async () => {
	const code = `if (!Deno.env.get("KEY")) throw new Error("no KEY"); ${GOOD}`;
	const dev = await Dev.create({ "functions/a.ts": code });
	const stop = new AbortController();
	await using server = await dev.open();
	const [failed, serving, started] = [dev.next("failed"), dev.next("serving"), dev.next("started")];
	const served = server.watch(stop.signal);
	await Promise.all([failed, serving]);
	await setSecrets(dev.project.context, new Map([["KEY", "1"]]));
	await started;
	expect(await (await fetch(`${server.url}/a`)).text()).toBe("good 1");
	const removed = dev.next("removed");
	rmSync(join(dev.project.root, "functions/a.ts"));
	await removed;
	expect((await fetch(`${server.url}/a`)).status).toBe(404);
	stop.abort();
	await served;
});

test("a request to a function without a running version is answered with the reason, which has no value of a secret", async () => {
	const dev = await Dev.create({
		"functions/fine.ts": GOOD,
		"functions/fine/broken/index.ts": "export default () => new Response(",
		"functions/throws.ts": 'throw new Error("no " + Deno.env.get("KEY"));',
	});
	await setSecrets(dev.project.context, new Map([["KEY", "value-of-the-key"]]));
	const stop = new AbortController();
	await using server = await dev.open();
	const serving = dev.next("serving");
	const served = server.watch(stop.signal);
	await serving;
	const answer = async (path: string) => {
		const response = await fetch(`${server.url}/${path}`);
		return { status: response.status, text: await response.text() };
	};
	const expected = (name: string, detail: RegExp) => ({
		code: "FUNCTION_NOT_RUNNING",
		function: name,
		detail: expect.stringMatching(detail),
	});
	const broken = await answer("fine/broken/deeper");
	expect(broken.status).toBe(503);
	expect(JSON.parse(broken.text)).toMatchObject(
		expected("fine/broken", /no running version\. functions\/fine\/broken\/index\.ts:1 does not parse: /),
	);
	const throws = await answer("throws");
	expect([throws.status, throws.text.includes("value-of-the-key")]).toEqual([503, false]);
	expect(JSON.parse(throws.text)).toMatchObject(expected("throws", /Error: no \[KEY\]/));
	expect(await answer("fine/other")).toEqual({ status: 200, text: "good value-of-the-key" });
	expect(JSON.parse((await answer("unknown")).text)).toMatchObject({ code: "FUNCTION_NOT_FOUND" });

	const mended = dev.next("started");
	dev.write("functions/fine/broken/index.ts", GOOD);
	await mended;
	expect((await answer("fine/broken")).status).toBe(200);
	const failed = dev.next("failed");
	dev.write("functions/fine/broken/index.ts", "export default (");
	await failed;
	expect((await answer("fine/broken")).status).toBe(200);
	stop.abort();
	await served;
});
