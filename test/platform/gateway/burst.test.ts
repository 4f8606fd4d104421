import { Agent } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { call, openStage, type Stage } from "./harness.ts";

/** Many more than the queue of connections holds that Deno asks for. */
const BURST = 3_000;
/** Keeps the processor to itself for a while: nobody is taken out of the queue meanwhile. */
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

test(`${BURST} requests at once to a function that is busy are all served`, async () => {
	await stage.start("busy", BUSY);
	const agent = new Agent({ maxSockets: 2_000 });
	const asked = Array.from({ length: BURST }, () => call({ port: stage.port, agent, path: "/shop/busy" }));
	const statuses = new Map<number, number>();
	for (const { status } of await Promise.all(asked)) statuses.set(status, (statuses.get(status) ?? 0) + 1);
	expect([...statuses]).toEqual([[200, BURST]]);
	agent.destroy();
});
