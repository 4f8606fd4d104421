/** A worker that does not end cannot keep the process of its function, its requests or its replacement from ending. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, type Harness, isAlive, launch, openRuntime } from "../harness.ts";

let harness: Harness;
beforeAll(async () => {
	harness = await openRuntime();
});
afterAll(() => harness.close());

/** A function that starts a worker, which starts a worker from source. The response is the first message of that one. */
function nested(source: string): string {
	const start = (text: string) =>
		`const worker = new Worker("data:text/javascript," + encodeURIComponent(${JSON.stringify(text)}), { type: "module" });`;
	const outer = `${start(source)} worker.onmessage = ({ data }) => postMessage(data);`;
	return `
		let first;
		export default () => first === undefined
			? new Promise((resolve) => {
				${start(outer)}
				worker.onmessage = ({ data }) => { if (first === undefined) resolve(new Response(first = data)); };
			})
			: new Response("again");`;
}

const ENDLESS: [string, string][] = [
	["computes", `postMessage("ready"); for (;;);`],
	["waits", `postMessage("ready"); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`],
	["posts", `postMessage("ready"); for (;;) postMessage("x".repeat(1000));`],
	["posts after it has closed", `postMessage("ready"); self.close(); for (;;) postMessage("late");`],
	[
		"listens to SIGTERM and computes",
		`Deno.addSignalListener("SIGTERM", () => {}); postMessage("ready"); for (;;);`,
	],
];

describe.each(ENDLESS)("a worker inside a worker that %s without end", (_, source) => {
	test("does not keep the function from answering and from stopping", async () => {
		const instance = await harness.runtime.start(launch(nested(source)));
		expect((await ask(instance.socketPath)).body).toBe("ready");
		expect((await ask(instance.socketPath)).body).toBe("again");
		await instance.stop({ graceMs: 0 });
		expect(isAlive(instance.pid)).toBe(false);
		expect((await instance.exited).signal).toMatch(/^SIG(KILL|TERM)$/);
	});
});

test("a request in progress ends before its process stops, although a worker computes without end", async () => {
	const source = "postMessage(0); for (;;);";
	const code = `
		const worker = new Worker("data:text/javascript," + encodeURIComponent(${JSON.stringify(source)}), { type: "module" });
		const begun = new Promise((resolve) => { worker.onmessage = resolve; });
		export default async () => {
			await begun;
			const body = new ReadableStream({ async start(out) {
				out.enqueue(new TextEncoder().encode("one "));
				await new Promise((resolve) => setTimeout(resolve, 50));
				out.enqueue(new TextEncoder().encode("two"));
				out.close();
			} });
			return new Response(body);
		};`;
	const instance = await harness.runtime.start(launch(code));
	const release = instance.acquire();
	const answer = ask(instance.socketPath).finally(() => release?.());
	const stopped = instance.stop();
	expect((await answer).body).toBe("one two");
	await stopped;
	expect(isAlive(instance.pid)).toBe(false);
});

test("messages to a worker that was terminated are lost, and the function goes on", async () => {
	const code = `
		export default () => {
			const worker = new Worker("data:text/javascript,for (;;);", { type: "module" });
			worker.terminate();
			worker.postMessage("late");
			worker.terminate();
			return new Response("sent");
		};`;
	const instance = await harness.runtime.start(launch(code));
	expect((await ask(instance.socketPath)).body).toBe("sent");
	expect((await ask(instance.socketPath)).body).toBe("sent");
	await instance.stop({ graceMs: 0 });
	expect((await instance.exited).stderr).toBe("");
});
