import { Agent } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { call, openStage, type Stage } from "./fixtures/harness.ts";

/** Many more than fit in the accept queue of Deno's listener. */
const BURST = 3_000;
/** A function that blocks its event loop for a while, so that it accepts no connection meanwhile. */
const BUSY = `
	let isFirst = true;
	export default () => {
		if (isFirst) for (const until = Date.now() + 1500; Date.now() < until; );
		isFirst = false;
		return new Response("served");
	};`;

let stage: Stage;
beforeAll(async () => {
	stage = await openStage();
});
afterAll(() => stage.close());

test(`${BURST} concurrent requests to a function that blocks are all served`, async () => {
	await stage.start("busy", BUSY);
	const agent = new Agent({ maxSockets: 2_000 });
	const asked = Array.from({ length: BURST }, () => call({ port: stage.port, agent, path: "/shop/busy" }));
	const statuses = new Map<number, number>();
	for (const { status } of await Promise.all(asked)) statuses.set(status, (statuses.get(status) ?? 0) + 1);
	expect([...statuses]).toEqual([[200, BURST]]);
	agent.destroy();
});
