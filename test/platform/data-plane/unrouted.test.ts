/** Processes that no gateway has a route to: the platform that started them was killed before it published one. */
import { expect, test } from "vitest";
import { isAlive, launch, openRuntime } from "../runtime/harness.ts";
import { openRemoteRuntimeWithGateway } from "./fixture.ts";

const HOUR_MS = 3_600_000;

test("a process that no gateway has a route to stops at once, however long it may take for its requests", async () => {
	const harness = await openRuntime({}, openRemoteRuntimeWithGateway);
	try {
		const instance = await harness.runtime.start(launch(`export default () => new Response("hello");`));
		await instance.stop({ graceMs: HOUR_MS });
		expect(isAlive(instance.pid)).toBe(false);
	} finally {
		await harness.close();
	}
});
