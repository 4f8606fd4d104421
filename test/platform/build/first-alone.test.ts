import { expect, test } from "vitest";
import { FirstAlone } from "../../../src/platform/build/first-alone.ts";

/** Tasks that end when they are told to, and which of them are running. */
function tasks() {
	const running = new Map<string, { end: () => void; fail: () => void }>();
	const start = (name: string) => () =>
		new Promise<string>((resolve, reject) => {
			const settle = (how: () => void) => () => {
				running.delete(name);
				how();
			};
			running.set(name, {
				end: settle(() => resolve(name)),
				fail: settle(() => reject(new Error(name))),
			});
		});
	/** Lets everything go on that can. */
	const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
	return { running, start, settled, names: () => [...running.keys()] };
}

test("tasks run one by one until one has succeeded, then as they come", async () => {
	const { names, running, settled, start } = tasks();
	const gate = new FirstAlone();
	const first = gate.run(start("first"));
	const second = gate.run(start("second"));
	await settled();
	expect(names()).toEqual(["first"]);

	running.get("first")?.fail();
	await expect(first).rejects.toThrow("first");
	await settled();
	expect(names()).toEqual(["second"]);
	running.get("second")?.end();
	await expect(second).resolves.toBe("second");

	void gate.run(start("third"));
	void gate.run(start("fourth"));
	await settled();
	expect(names()).toEqual(["third", "fourth"]);
});
