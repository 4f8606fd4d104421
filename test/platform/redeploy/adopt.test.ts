/** Processes that outlived the platform which started them: which are taken over, replaced or stopped. */
import { expect, test, vi } from "vitest";
import { noteOf } from "../../../src/platform/redeploy/starts/launch-note.ts";
import type { OutlivedInstance } from "../../../src/platform/runtime/runtime.ts";
import { adoptInstances } from "../../../src/platform/service/adopt-instances.ts";
import { platform, TestApp, useCore } from "./app-fixture.ts";

useCore();

const PAY = `Deno.serve(({ url }) => {
	const name = new URL(url).searchParams.get("name");
	return new Response(Deno.env.get("KEY") + (name ? " " + Deno.env.get(name) : ""));
});`;

/** An app whose function is idle, as after a start of the platform. */
async function idleApp(id: string): Promise<TestApp> {
	const app = await TestApp.open(id, { KEY: "v1", LATE: "late" });
	await app.deploy({ pay: PAY });
	await app.functions.findSupervisor("pay")?.instance?.stop({ graceMs: 0 });
	return app;
}

/** A process of the app's function that another platform started. */
function outlived(app: TestApp, changes: Partial<OutlivedInstance> = {}) {
	const { lifetimeId, state } = platform.core.apps.get(app.id);
	const { deployment, firstDeployment } = state.functions.get("pay") ?? {};
	const never = new Promise<never>(() => {});
	const instance = {
		...{ pid: 1, socketPath: "/none", inFlight: 0, lastActiveMs: 0, exited: never, stuck: never },
		deployment: deployment?.id ?? "",
		lifetime: { app: lifetimeId, function: firstDeployment ?? "" },
		...{
			note: noteOf({ moment: state.moment, values: undefined }),
			variables: ["KEY"],
			reads: [],
			probation: undefined,
		},
		...{ stop: vi.fn(async () => {}), listen: vi.fn() },
		...changes,
	};
	return instance as typeof instance & OutlivedInstance;
}

const adopted = (app: TestApp) => app.functions.findSupervisor("pay")?.instance;

test("a process of the current version with the current secrets serves on", async () => {
	const app = await idleApp("current");
	const instance = outlived(app);
	await adoptInstances(platform.core, [instance]);
	expect(adopted(app)).toBe(instance);
	expect(instance.stop).not.toHaveBeenCalled();
	expect(instance.listen).toHaveBeenCalledOnce();
	expect([...app.functions.routes()]).toMatchObject([["pay", { instance: { pid: 1 } }]]);
});

test("a process whose secrets have changed since its start is replaced", async () => {
	const app = await idleApp("changed");
	const instance = outlived(app);
	await app.set({ KEY: "v2" });
	await adoptInstances(platform.core, [instance]);
	expect(adopted(app)).not.toBe(instance);
	expect(instance.stop).toHaveBeenCalled();
	expect(await app.fetch("pay")).toBe("v2");
});

type Changes = Partial<OutlivedInstance>;

test.each<[string, (own: OutlivedInstance) => Changes]>([
	["of another version", () => ({ deployment: "another" })],
	[
		"of an earlier function of the name",
		({ lifetime }) => ({ lifetime: { app: lifetime?.app ?? "", function: "another" } }),
	],
	["of a deleted app", () => ({ lifetime: { app: "another", function: "another" } })],
	["without a lifetime", () => ({ lifetime: undefined })],
	[
		"with secrets of a state that the log does not have",
		() => ({ note: noteOf({ moment: { changes: 1_000_000, local: 0 }, values: undefined }) }),
	],
	["without a note", () => ({ note: undefined })],
	["with a note of an earlier form", () => ({ note: "1" })],
])("a process %s is stopped", async (name, changes) => {
	const app = await idleApp(name.replaceAll(" ", "-"));
	const instance = outlived(app, changes(outlived(app)));
	await adoptInstances(platform.core, [instance]);
	expect(instance.stop).toHaveBeenCalledWith({ graceMs: 0 });
	expect(adopted(app)).toBeUndefined();
});

test("of two processes of one version, the later one serves", async () => {
	const app = await idleApp("two");
	const [first, second] = [outlived(app), outlived(app, { pid: 2 })];
	await adoptInstances(platform.core, [first, second]);
	expect(adopted(app)).toBe(second);
	expect(first.stop).toHaveBeenCalled();
});

test("a secret that the process read while no platform ran, and that it lacks, replaces it", async () => {
	const app = await idleApp("read");
	const instance = outlived(app, { reads: ["KEY", "LATE"] });
	await adoptInstances(platform.core, [instance]);
	await vi.waitFor(() => expect(instance.stop).toHaveBeenCalled());
	expect(await app.fetch("pay", "/?name=LATE")).toBe("v1 late");
});
