/** Several gateways, which share one listener. */
import { expect, test, vi } from "vitest";
import { APP, Story } from "../fixtures/platform-story.ts";

const FILES = { "functions/pay/index.ts": 'Deno.serve(() => new Response(Deno.env.get("PAY_KEY")));' };

test("serve one address, also at any free port and by name, and each is replaced when it ends", async () => {
	await using story = new Story(2);
	await story.start(undefined, { listen: { host: "localhost", port: 0 } });
	await story.send("PAY_KEY", 1, "v1");
	await story.client.deploy(APP, FILES);
	const gateways = () => story.processes("gateway.cjs");
	for (const killed of await gateways()) {
		process.kill(killed, "SIGKILL");
		await vi.waitFor(async () => {
			const running = await gateways();
			expect(running).toHaveLength(2);
			expect(running).not.toContain(killed);
		});
		// A gateway that has just begun may not accept connections yet. The other one does.
		expect(await story.body("pay")).toBe("v1");
	}
	await story.send("PAY_KEY", 2, "v2");
	expect(await Promise.all(Array.from({ length: 20 }, () => story.body("pay")))).toEqual(
		Array(20).fill("v2"),
	);
});
