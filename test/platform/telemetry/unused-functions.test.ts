/** Functions that have had no request since the platform started are in the metrics, and cost no memory for that. */
import { expect, test } from "vitest";
import type { Deployment } from "../../../src/platform/functions/function.ts";
import { openTestCore } from "../fixtures/core.ts";

function deployment(name: string): Deployment {
	const blobs = { bundle: "bundle", sourceMap: "map", source: "source" };
	return { id: `${name}-1`, function: name, ...blobs, references: [], dynamic: [] };
}

test("reading the metrics makes no supervisors", async () => {
	await using opened = await openTestCore();
	const { clock, core } = opened;
	const app = await core.createApp("shop", { vaultId: "v", environment: "production" });
	const atMs = clock.now();
	await app.record(() => ({ type: "deployed", deployment: deployment("fine"), atMs }));
	await app.record(() => ({
		type: "deploy-failed",
		deployment: deployment("bad"),
		error: "It did not start.",
		atMs,
	}));
	const running = core.functionsOf(app);
	const { text } = await core.metrics.text();
	expect(text).toContain('coffer_functions{state="idle"} 1\n');
	expect(text).toContain('coffer_functions{state="failed"} 1\n');
	expect(["fine", "bad"].map((name) => running.presentSupervisor(name))).toEqual([undefined, undefined]);
	// A supervisor that was needed reports its own state, which is the same here.
	running.supervisor("fine");
	running.supervisor("bad");
	expect((await core.metrics.text()).text).toContain('coffer_functions{state="failed"} 1\n');
});
