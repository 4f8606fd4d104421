/** What the web console reads: events, secrets, history and figures of an app. */
import { beforeAll, describe, expect, test } from "vitest";
import type { AppEventMessage, History, SecretList } from "../../../src/protocol/console.ts";
import { APP, api, client, expectProblem, ORIGIN, platform, useApi, vault } from "./api-fixture.ts";

useApi();

const get = (path: string, headers: Record<string, string>) => api(new Request(ORIGIN + path, { headers }));

/** Reads events until one fits. */
async function eventsUntil(
	answer: Response,
	isLast: (event: AppEventMessage) => boolean,
): Promise<AppEventMessage[]> {
	const reader = (answer.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
	const seen: AppEventMessage[] = [];
	let text = "";
	while (!seen.some(isLast)) {
		const { done, value } = await reader.read();
		if (done) break;
		text += value;
		const blocks = text.split("\n\n");
		text = blocks.pop() ?? "";
		seen.push(
			...blocks.filter((block) => block.startsWith("data: ")).map((block) => JSON.parse(block.slice(6))),
		);
	}
	await reader.cancel();
	return seen;
}

describe("what the console reads", () => {
	const token = () => ({ authorization: `Bearer ${platform.token}` });
	const set = async (name: string, version: number, text: string) => {
		const { revision, head } = await client.showApp(APP);
		await client.send(APP, vault.change(APP, { revision, head }, [vault.record(name, version, text)]));
	};

	beforeAll(async () => {
		const code = "export default () => new Response(Deno.env.get('LIVE') ?? 'none');";
		await client.deploy(APP, { "functions/reader/index.ts": code });
	});

	test("a change while it is rolled out: planned, starting, serving, drained", async () => {
		const answer = await get(`/v1/apps/${APP}/events`, token());
		expect(answer.headers.get("content-type")).toBe("text/event-stream");
		const events = eventsUntil(answer, (event) => event.type === "function" && event.phase === "drained");
		await set("LIVE", 1, "one");
		const { revision } = await client.showApp(APP);
		const phase = (name: string) => ({
			type: "function",
			function: "reader",
			phase: name,
			atMs: platform.clock.now(),
		});
		expect(await events).toEqual([
			{ type: "hello", revision: revision - 1, atMs: platform.clock.now() },
			{ type: "change", revision, names: ["LIVE"], planned: ["reader"], atMs: platform.clock.now() },
			...["starting", "serving", "drained"].map(phase),
		]);
	});

	test("a function that is idle is not waited for: its next request starts it with the change", async () => {
		platform.core.functionsOf(platform.core.apps.get(APP)).suspend();
		const answer = await get(`/v1/apps/${APP}/events`, token());
		const events = eventsUntil(answer, (event) => event.type === "function");
		await set("LIVE", 2, "two");
		expect((await events).slice(1)).toMatchObject([
			{ type: "change", planned: ["reader"] },
			{ type: "function", function: "reader", phase: "stopped" },
		]);
		await platform.core.instance(APP, "reader");
	});

	test("a function that fails, with its own error, and its deletion", async () => {
		const answer = await get(`/v1/apps/${APP}/events`, token());
		const events = eventsUntil(answer, (event) => event.type === "function" && event.phase === "deleted");
		const code =
			"if (Deno.env.get('LIVE') === 'bad') throw new Error('no such key'); export default () => new Response();";
		await client.deploy(APP, { "functions/picky/index.ts": code });
		await set("LIVE", 3, "bad");
		await platform.core.functionsOf(platform.core.apps.get(APP)).delete(["picky"]);
		const failures = (await events).filter((event) => event.type === "function" && event.phase === "failed");
		expect(failures).toMatchObject([{ function: "picky", error: expect.stringContaining("no such key") }]);
	});

	test("secrets with versions and authors, and a history with what was redeployed, without any value", async () => {
		await set("LIVE", 4, "four");
		const listed = await get(`/v1/apps/${APP}/secrets`, token());
		const text = await listed.text();
		const { revision, secrets, members } = JSON.parse(text) as SecretList;
		expect(secrets.find(({ name }) => name === "LIVE")).toMatchObject({
			...{ kind: "live", origin: "vault", version: 4, revision, by: members[0]?.name },
		});
		const sealed = platform.core.apps.get(APP).state.records.get("LIVE")?.sealed ?? "";
		expect(text).not.toContain(sealed);
		const page = await (await get(`/v1/apps/${APP}/history`, token())).text();
		expect(page).not.toContain(sealed);
		const history = JSON.parse(page) as History;
		expect(history.entries[0]).toMatchObject({
			...{ revision, atMs: platform.clock.now(), members: false },
			records: [{ name: "LIVE", version: 4, kind: "live" }],
			redeployed: [{ function: "reader", status: "live" }],
		});
		expect(history.entries.map((entry) => entry.revision)).toEqual(
			Array.from({ length: revision }, (_, index) => revision - index),
		);
		const first = await get(`/v1/apps/${APP}/history?before=2`, token());
		expect((await first.json()) as History).toMatchObject({
			more: false,
			entries: [{ revision: 1, members: true }],
		});
	});

	test("a history of several pages has each entry once", async () => {
		for (let version = 1; version <= 60; version++) await set("PAGED", version, "x");
		const { revision } = await client.showApp(APP);
		const seen: number[] = [];
		let before = revision + 1;
		for (let more = true; more; ) {
			const answer = await get(`/v1/apps/${APP}/history?before=${before}`, token());
			const page = (await answer.json()) as History;
			seen.push(...page.entries.map((entry) => entry.revision));
			before = page.entries.at(-1)?.revision ?? 1;
			more = page.more;
		}
		expect(seen).toEqual(Array.from({ length: revision }, (_, index) => revision - index));
	});

	test("all versions of one secret, and when each secret was set, also beyond the newest entries", async () => {
		const atMs = platform.clock.now();
		const seen: [number, string[]][] = [];
		for (let before = 1e9, more = true; more; ) {
			const answer = await get(`/v1/apps/${APP}/history?name=LIVE&before=${before}`, token());
			const page = (await answer.json()) as History;
			for (const { records, revision } of page.entries)
				seen.push([revision, records.map(({ name, version }) => `${name} ${version}`)]);
			before = page.entries.at(-1)?.revision ?? 1;
			more = page.more;
		}
		expect(seen.map(([, records]) => records)).toEqual([["LIVE 4"], ["LIVE 3"], ["LIVE 2"], ["LIVE 1"]]);
		const paged = (await (await get(`/v1/apps/${APP}/history?name=PAGED`, token())).json()) as History;
		expect([paged.entries.length, paged.more]).toEqual([50, true]);
		expect(
			((await (await get(`/v1/apps/${APP}/history?name=NONE`, token())).json()) as History).entries,
		).toEqual([]);
		const { secrets } = (await (await get(`/v1/apps/${APP}/secrets`, token())).json()) as SecretList;
		// More than a page of entries came after it.
		expect(secrets.find(({ name }) => name === "LIVE")).toMatchObject({ revision: seen[0]?.[0], atMs });
	});

	test("figures of all functions, or of those that are named", async () => {
		const { firstDeployment } = platform.core.apps.get(APP).state.functions.get("reader") ?? {};
		platform.core.answered({ app: APP, function: "reader", firstDeployment }, 200, [[20, 1]]);
		const all = await (await get(`/v1/apps/${APP}/figures`, token())).json();
		expect(all).toMatchObject({
			stepMs: 300_000,
			functions: [
				{ function: "hello", points: [] },
				{ function: "reader", points: [{ requests: 1, errors: 0 }] },
			],
		});
		const hour = await (await get(`/v1/apps/${APP}/figures?function=reader&step=3600000`, token())).json();
		expect(hour).toMatchObject({
			stepMs: 3_600_000,
			functions: [{ function: "reader", points: [{ requests: 1 }] }],
		});
		await expectProblem(
			await get(`/v1/apps/${APP}/figures?function=none`, token()),
			404,
			"FUNCTION_NOT_FOUND",
		);
	});
});
