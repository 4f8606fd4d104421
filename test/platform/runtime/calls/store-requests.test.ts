/** How often a process gets a connection to the store of its app. */
import { expect, test } from "vitest";
import { StoreRequests } from "../../../../src/platform/runtime/calls/store-requests.ts";

test("a process that asks again and again gets five connections, then one after each pause", async () => {
	const sent: string[] = [];
	let nowMs = 0;
	let pauses = 0;
	const pause = async (ms: number) => {
		nowMs += ms;
		pauses++;
	};
	const requests = new StoreRequests((line) => sent.push(line), { now: () => nowMs, pause });
	let opened = 0;
	requests.open = async () => void opened++;
	for (let count = 0; count < 5; count++) await requests.read({ kv: true });
	expect([opened, pauses]).toEqual([5, 0]);
	for (let count = 0; count < 3; count++) await requests.read({ kv: true });
	expect([opened, pauses, nowMs]).toEqual([8, 3, 3_000]);
	nowMs += 60_000;
	for (let count = 0; count < 6; count++) await requests.read({ kv: true });
	expect([opened, pauses]).toEqual([14, 4]);
	expect(sent).toEqual(Array(14).fill("kv"));
});

test("requests during a pause are ignored, and a store that does not open is reported", async () => {
	const sent: string[] = [];
	const requests = new StoreRequests((line) => sent.push(line));
	await requests.read({ kv: true });
	requests.open = () => Promise.reject(new Error("no disk"));
	const first = requests.read({ kv: true });
	await requests.read({ kv: true });
	await requests.read({ kv: false });
	await first;
	expect(sent).toEqual(["no-kv", "no-kv"]);
});
