/** A data plane that is replaced while another program has taken the port of its gateways. */
import { createServer } from "node:net";
import { expect, test, vi } from "vitest";
import { APP, Story } from "../fixtures/platform-story.ts";

const FILES = { "functions/pay/index.ts": 'Deno.serve(() => new Response(Deno.env.get("PAY_KEY")));' };

test("opens the port as soon as it is free, and leaves no second data plane", async () => {
	await using story = new Story(1);
	await story.start();
	await story.send("PAY_KEY", 1, "v1");
	await story.client.deploy(APP, FILES);
	const running = () => story.processes("data-plane.cjs");
	const killed = [...(await running()), ...(await story.processes("gateway.cjs"))];
	const port = Number(new URL(story.platform.listenUrl).port);
	const thief = createServer();
	const steal = () =>
		new Promise<void>((resolve, reject) => {
			thief.once("error", reject);
			thief.listen(port, "127.0.0.1", resolve);
		});
	for (const pid of killed) process.kill(pid, "SIGKILL");
	await vi.waitFor(steal, { interval: 5 });
	const others = async () => (await running()).filter((pid) => !killed.includes(pid));
	await vi.waitFor(async () => expect(await others()).not.toEqual([]));
	const [failing] = await others();
	await vi.waitFor(async () => expect(await running()).not.toContain(failing), 10_000);
	thief.close();
	await vi.waitFor(async () => expect(await story.body("pay")).toBe("v1"), 10_000);
	expect(await running()).toHaveLength(1);
	await story.send("PAY_KEY", 2, "v2");
	expect(await story.body("pay")).toBe("v2");
});
